/** Which values are better. */
export type Direction = 'minimize' | 'maximize';
