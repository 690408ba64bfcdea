// zod would try `new Function` once, which the server's content security policy forbids and reports as an error.
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });

async function start(): Promise<void> {
  const place = document.getElementById('portal');
  if (place === null) throw new Error('index.html has no element for the portal');
  const { renderPortal } = await import('./portal.tsx');
  renderPortal(place, { now: () => Date.now(), storage: localStorage });
}

void start();
