export { defaultDataDir, type ServeOptions } from './config.ts';
export { createLink } from './link.ts';
export { serve } from './serve.ts';
export { findRunningServer, type RunningServer } from './running-server.ts';
