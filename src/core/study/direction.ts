/** Sense in which values are compared. */
export type Direction = 'minimize' | 'maximize';
