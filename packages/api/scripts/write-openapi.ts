import { writeFileSync } from 'node:fs';
import { formatOpenApi } from '../src/openapi.ts';

writeFileSync(new URL('../openapi.json', import.meta.url), formatOpenApi());
