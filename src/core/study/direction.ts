/** Whether smaller or greater values are better. */
export type Direction = 'minimize' | 'maximize';
