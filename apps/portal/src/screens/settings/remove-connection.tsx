import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from '@fluentui/react-components';
import type { Connection } from '@nodeward/api';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/queries.ts';
import { connectionName } from '../../parts/connection-name.ts';
import { useMessages } from '../../preferences.tsx';
import { failureText } from '../../shell/query-view.tsx';

interface RemoveConnectionProps {
  readonly connection: Connection;
  readonly close: () => void;
}

/** Says what goes with it, and what stays. */
export function RemoveConnection({ connection, close }: RemoveConnectionProps) {
  const m = useMessages();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api.call('deleteConnection', { parameters: { connectionId: connection.id } }),
    onSuccess: () => {
      void client.invalidateQueries();
      close();
    },
  });
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && close()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{m.connect.removeTitle(connectionName(m, connection))}</DialogTitle>
          <DialogContent className="col g8">
            <p>{m.connect.removeText(connection.clusters, connection.nodePools, connection.nodes)}</p>
            <p className="sub">{m.connect.removeKeeps}</p>
            {remove.error !== null && <span role="alert" className="bad">{m.connect.removeFailed}: {failureText(m, remove.error)}</span>}
          </DialogContent>
          <DialogActions>
            <Button onClick={close}>{m.connect.cancel}</Button>
            <Button appearance="primary" disabled={remove.isPending} onClick={() => remove.mutate()}>{m.connect.remove}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
