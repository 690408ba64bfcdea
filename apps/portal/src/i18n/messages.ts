import type { en } from './en.ts';

/** Every message of the portal. English is the source; a message that Japanese lacks stops the build. */
export type Messages = typeof en;
