import type { Cataloger } from './cataloger.ts';
import { dpkgCataloger } from './dpkg/cataloger.ts';
import { kernelCataloger } from './kernel/cataloger.ts';
import { nodeComponentCataloger } from './node-component/cataloger.ts';
import { osReleaseCataloger } from './os-release/cataloger.ts';
import { rpmCataloger } from './rpm/cataloger.ts';

/** One line per folder, in alphabetical order. The test beside this file keeps it complete. */
export const catalogers: readonly Cataloger[] = [dpkgCataloger, kernelCataloger, nodeComponentCataloger, osReleaseCataloger, rpmCataloger];
