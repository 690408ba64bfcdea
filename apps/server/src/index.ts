export type { ServeOptions } from './config.ts';
export { moveDatabase, type MoveProgress, type MoveResult } from './database/move-database.ts';
export { serve } from './serve.ts';
