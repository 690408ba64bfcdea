/** Azure writes the same id with different cases, and Kubernetes puts `azure://` before it. */
const scaleSetInstance = /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/providers\/microsoft\.compute\/virtualmachinescalesets\/[^/]+\/virtualmachines\/\d+$/;
const virtualMachine = /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/providers\/microsoft\.compute\/virtualmachines\/[^/]+$/;
const otherCloud = /^(aws|gce):\/\//;

/**
 * One text for one machine, whichever connection sees it: equal keys mean the same machine. Undefined where the id says
 * too little to tell (no node is joined by a guess).
 */
export function machineKey(providerId: string | undefined): string | undefined {
  const id = providerId?.trim().toLowerCase().replace(/\/+$/, '');
  if (id === undefined || id === '') return undefined;
  if (otherCloud.test(id)) return providerId?.trim();
  const path = id.replace(/^azure:\/\//, '').replace(/^\/*/, '/');
  if (scaleSetInstance.test(path)) return path.replace(/\d+$/, (digits) => String(BigInt(digits)));
  return virtualMachine.test(path) ? path : undefined;
}
