/** Reasons with which the link of a host and a node ends. */

/** Reasons that a node gives. */
export const NODE_LEAVES = ['drained', 'owner', 'shutdown', 'sleep'] as const;

/**
 * Reasons that a host gives. After `removed` and `version` the node does not try again, or only
 * rarely.
 */
export const NODE_GOODBYES = ['removed', 'version', 'drained', 'shutdown', 'replaced'] as const;
