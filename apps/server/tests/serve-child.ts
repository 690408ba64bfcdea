import * as z from 'zod';
import { serve } from '../src/serve.ts';

/** The server as a process of its own, for tests that kill it: `node serve-child.ts OPTIONS` with `ServeOptions` as JSON. */
const options = z
  .object({ dataDir: z.string(), port: z.int(), portal: z.string(), host: z.string().default('127.0.0.1'), images: z.array(z.string()).default([]), sample: z.boolean().exactOptional(), tlsCertificate: z.string().exactOptional(), tlsKey: z.string().exactOptional() })
  .parse(JSON.parse(process.argv[2] ?? ''));
process.exit(await serve(options));
