/** The endpoint table over HTTP and a WebSocket, and the built window, for browsers. */
export {};
