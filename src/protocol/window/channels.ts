/**
 * Electron's channels between window and main process, by which the bridge's calls and streams
 * travel. Names only, because the preload script contains no schemas; the main process parses all
 * input.
 */
export const channels = {
  /** Window to main, answered: a call's name and input. */
  call: 'galapagos:call',
  /**
   * Window to main: a stream's number, chosen by the window, and a request; null ends the stream.
   */
  stream: 'galapagos:stream',
  /** Main to window: a stream's number and an answer. */
  answer: 'galapagos:answer',
} as const;
