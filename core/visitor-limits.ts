/** Longer than in events: routes match whole paths, in any alphabet. */
export const MAX_PATH_LENGTH = 8192;
export const MAX_CTX_NAMES = 20;
export const CTX_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
export const MAX_CTX_LENGTH = 256;
