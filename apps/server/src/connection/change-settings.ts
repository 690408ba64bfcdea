import { aksSettings, type ConnectionRequest, type ConnectionSettings, type ConnectionSettingsChange, imagesSettings, kubernetesSettings } from '@nodeward/api';
import type { Database } from '../database/schema.ts';
import { ConflictError, InvalidRequestError, NotFoundError } from '../http/errors.ts';
import { type SecretBox, SecretUnreadableError } from '../secret/secret-box.ts';
import { secretNameOf } from './open-stored.ts';

type StoredRow = Awaited<ReturnType<typeof storedRow>>;

export async function readSettings(db: Database, id: string): Promise<ConnectionSettings> {
  return settingsOf(await storedRow(db, id));
}

/** What would be asked for if the connection were made now, with the secret that is kept. Throws `InvalidRequestError` where the change does not fit it. */
export async function requestOfChange(db: Database, secrets: SecretBox, id: string, change: ConnectionSettingsChange): Promise<ConnectionRequest> {
  const row = await storedRow(db, id);
  const before = settingsOf(row);
  if (change.kind !== before.kind) refuse('kind', `the connection is of the kind ${before.kind}, which stays`);
  const { name } = change;
  switch (change.kind) {
    case 'images':
      return { kind: 'images', name, settings: change.settings };
    case 'kubernetes': {
      const { settings, secret } = change;
      const isElsewhere = settings.kubeconfig !== undefined || settings.inCluster;
      const kubeconfig = secret === undefined && !isElsewhere ? await keptSecret(row, secrets) : secret?.kubeconfig;
      return { kind: 'kubernetes', name, settings, ...(kubeconfig === undefined ? {} : { secret: { kubeconfig } }) };
    }
    case 'aks': {
      const { settings, secret } = change;
      if (secret === undefined && row.secret !== null) refuseOtherApplication(before, settings);
      const clientSecret = secret === undefined ? await keptSecret(row, secrets) : secret?.clientSecret;
      return { kind: 'aks', name, settings, ...(clientSecret === undefined ? {} : { secret: { clientSecret } }) };
    }
  }
}

async function storedRow(db: Database, id: string) {
  const row = await db.selectFrom('connection').select(['id', 'kind', 'name', 'named', 'settings', 'secret']).where('id', '=', id).where('origin', '=', 'stored').executeTakeFirst();
  if (row === undefined) throw new NotFoundError('connection', id);
  return row;
}

function settingsOf({ kind, name, named, settings, secret }: StoredRow): ConnectionSettings {
  const common = { named: named ? name : null, storesSecret: secret !== null };
  switch (kind) {
    case 'aks':
      return { kind, ...common, settings: aksSettings.parse(settings) };
    case 'images':
      return { kind, ...common, settings: imagesSettings.parse(settings) };
    case 'kubernetes':
      return { kind, ...common, settings: kubernetesSettings.parse(settings) };
    case 'sample':
      throw new Error('the sample fleet is never stored');
  }
}

/** A kept secret is sent to no other application than the one that it was given for. */
function refuseOtherApplication(before: ConnectionSettings, { tenantId, clientId }: { readonly tenantId?: string | undefined; readonly clientId?: string | undefined }): void {
  if (before.kind === 'aks' && before.settings.tenantId === tenantId && before.settings.clientId === clientId) return;
  refuse('secret.clientSecret', 'the stored client secret belongs to the application that it was stored for: give the one of the new application');
}

async function keptSecret({ id, secret }: StoredRow, secrets: SecretBox): Promise<string | undefined> {
  if (secret === null) return undefined;
  return secrets.open(secretNameOf(id), secret).catch((cause: unknown) => {
    if (cause instanceof SecretUnreadableError) throw new ConflictError(`${cause.message}; or give the secret anew`, { cause });
    throw cause;
  });
}

function refuse(path: string, message: string): never {
  throw new InvalidRequestError(`${path}: ${message}`, [{ path: `body.${path}`, message }]);
}
