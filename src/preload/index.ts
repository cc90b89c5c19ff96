/** The bridge between window and main process. The window asks nothing of the main process yet. */
export {};
