// A real kube-apiserver and etcd for the tests, built once from their published Go modules and kept in $NODEWARD_CACHE
// (default: nodeward in the user's cache folder). Where that cannot be done the tests use the small fake alone, and say so.
import { buildKubeBinaries, kubernetesVersion } from '@nodeward/providers/testing';

const started = Date.now();
const result = await buildKubeBinaries(process.env, (line) => { console.error(line); });
const seconds = Math.round((Date.now() - started) / 1000);
if ('skipped' in result) console.log(`SKIPPED (${result.skipped}): tests against a real kube-apiserver`);
else console.log(`kube-apiserver ${kubernetesVersion()} and etcd are ready after ${String(seconds)} s`);
