import type { Connection, ConnectionKind, ConnectionRights, ConnectionTest } from '@nodeward/api';
import { DomainError } from '@nodeward/engine';
import { aksRights, kubernetesRights, type RightCheck, type RightsPage } from '@nodeward/providers';
import { messageOf } from '../database/database-errors.ts';
import type { ConfiguredConnection, Dependencies } from '../dependencies.ts';
import { ConflictError, NotFoundError } from '../http/errors.ts';
import type { Handlers } from '../http/handlers.ts';
import type { SecretBox } from '../secret/secret-box.ts';
import { readSettings, requestOfChange } from './change-settings.ts';
import { type DescribedConnection, describeRequest } from './describe-request.ts';
import { forgetConnection } from './forget-connection.ts';
import { secretNameOf } from './open-stored.ts';
import type { Rediscovery } from './rediscovery.ts';
import type { ConnectionRegistry } from './registry.ts';
import { listConnections } from './store.ts';
import { changeStoredConnection, insertConnection, type KnownConnection, type Seal, storedConnections, updateConnection } from './stored-connections.ts';
import { codeOf, discover } from './sync-connection.ts';

export interface ConnectionDependencies extends Dependencies {
  readonly registry: ConnectionRegistry;
  readonly rediscovery: Pick<Rediscovery, 'discoverNow'>;
  readonly secrets: SecretBox;
  /** Makes a stored connection one of this process, in place of what it was before. */
  readonly adopt: (connection: KnownConnection) => void;
}

type ConnectionHandlers = Pick<Handlers, 'listConnections' | 'createConnection' | 'changeConnection' | 'getConnectionSettings' | 'changeConnectionSettings' | 'deleteConnection' | 'testConnection' | 'getConnectionRights'>;

export function connectionHandlers(deps: ConnectionDependencies): ConnectionHandlers {
  return {
    listConnections: async () => ({ connections: await listConnections(deps.db) }),

    async createConnection({ body }) {
      const described = await describeRequest(body);
      const id = await insertConnection(deps.db, described, sealFor(deps, described), body.name !== undefined, deps.clock());
      await adoptStored(deps, id);
      begin(deps, id);
      return needConnection(deps, id);
    },

    async getConnectionSettings({ parameters: { connectionId } }) {
      await needStored(deps, connectionId);
      return readSettings(deps.db, connectionId);
    },

    async changeConnectionSettings({ parameters: { connectionId }, body }) {
      await needStored(deps, connectionId);
      const described = await describeRequest(await requestOfChange(deps.db, deps.secrets, connectionId, body));
      await changeStoredConnection(deps.db, connectionId, described, sealFor(deps, described), body.name !== undefined);
      await adoptStored(deps, connectionId);
      begin(deps, connectionId);
      return needConnection(deps, connectionId);
    },

    async changeConnection({ parameters: { connectionId }, body }) {
      await needStored(deps, connectionId);
      await updateConnection(deps.db, connectionId, body, deps.clock());
      if (body.paused === false) begin(deps, connectionId);
      else deps.events.publish({ type: 'connection', connectionId });
      return needConnection(deps, connectionId);
    },

    async deleteConnection({ parameters: { connectionId } }) {
      await needStored(deps, connectionId);
      await forgetConnection(deps.db, connectionId);
      // what is under way through it finds its rows gone
      await deps.registry.remove(connectionId);
      deps.events.publish({ type: 'connection', connectionId });
      return { id: connectionId };
    },

    async testConnection({ parameters: { connectionId } }) {
      await needConnection(deps, connectionId);
      const connection = deps.providers.get(connectionId);
      if (connection === undefined) throw new NotFoundError('connection', connectionId);
      return testConnection(deps, connection);
    },

    getConnectionRights: ({ parameters: { kind } }) => Promise.resolve(rightsOf(kind)),
  };
}

function sealFor({ secrets }: ConnectionDependencies, { secret }: DescribedConnection): Seal {
  return async (id) => (secret === undefined ? null : secrets.seal(secretNameOf(id), secret));
}

/** As it stands in the database by now: of two changes at the same time both end with the last one. */
async function adoptStored(deps: ConnectionDependencies, id: string): Promise<void> {
  const connection = (await storedConnections(deps.db)).find((stored) => stored.id === id);
  if (connection !== undefined) deps.adopt(connection);
}

function begin(deps: ConnectionDependencies, connectionId: string): void {
  deps.events.publish({ type: 'connection', connectionId });
  deps.rediscovery.discoverNow(connectionId);
}

async function needConnection({ db }: Dependencies, id: string): Promise<Connection> {
  const [connection] = await listConnections(db, id);
  if (connection === undefined) throw new NotFoundError('connection', id);
  return connection;
}

async function needStored(deps: Dependencies, id: string): Promise<Connection> {
  const connection = await needConnection(deps, id);
  if (connection.origin !== 'stored') throw new ConflictError(`${connection.name} was named when the server started: change the options of nodeward serve`);
  return connection;
}

const rightsMs = 60_000;

async function testConnection(deps: Dependencies, connection: ConfiguredConnection): Promise<ConnectionTest> {
  const rights = await checkRights(deps, connection);
  const discovered = await discover(deps, connection);
  const told = rights.map(({ right, purpose, optional, state, detail }) => ({ right, purpose, optional, state, ...(detail === undefined ? {} : { detail }) }));
  if (discovered.kind === 'failed') return { reachable: false, failure: { code: discovered.code, detail: discovered.detail }, rights: told, clusters: 0, nodes: 0 };
  const { clusters } = discovered.discovery;
  const nodes = clusters.flatMap(({ pools }) => pools).reduce((sum, pool) => sum + pool.nodes.length, 0);
  return { reachable: true, rights: told, clusters: clusters.length, nodes };
}

/** What cannot even be asked is told by the discovery that follows. */
async function checkRights(deps: Dependencies, connection: ConfiguredConnection): Promise<readonly RightCheck[]> {
  try {
    const { reader } = await connection.open();
    return (await reader.checkRights?.(AbortSignal.timeout(rightsMs))) ?? [];
  } catch (error) {
    if (!(error instanceof DomainError)) deps.log.warn({ connection: connection.id, code: codeOf(error), error: messageOf(error) }, 'the rights of a connection could not be checked');
    return [];
  }
}

/** Of a connection that uses everything that it can. */
function rightsOf(kind: ConnectionKind): ConnectionRights {
  const page = pageOf(kind);
  return { kind, rights: page.rights.map((right) => ({ ...right })), files: page.files.map((file) => ({ ...file })) };
}

function pageOf(kind: ConnectionKind): RightsPage {
  switch (kind) {
    case 'aks':
      return aksRights({ subscriptions: [], readDisks: true, readReferenceImages: true });
    case 'kubernetes':
      return kubernetesRights();
    case 'images':
    case 'sample':
      return { rights: [], files: [] };
  }
}
