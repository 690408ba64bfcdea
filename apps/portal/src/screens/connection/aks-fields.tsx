import { Checkbox, Field, Input, Switch, Textarea } from '@fluentui/react-components';
import { useMessages } from '../../preferences.tsx';
import { type DraftFieldsProps, faultProps } from './draft-field.ts';

/** The ambient identity first; disks only where somebody names the place for snapshots. */
export function AksFields(props: DraftFieldsProps) {
  const { draft, faults, change } = props;
  const { connect } = useMessages();
  const bad = faults.find((fault) => fault.field === 'subscriptions');
  return (
    <>
      <Field label={connect.subscriptions} hint={connect.subscriptionsHint} {...(bad?.field === 'subscriptions' ? { validationMessage: connect.subscriptionsBad(bad.text) } : {})}>
        <Textarea value={draft.subscriptions} rows={2} resize="vertical" onChange={(_, { value }) => change({ subscriptions: value })} />
      </Field>
      <div className="fields wide">
        <Field label={connect.tenant} hint={connect.tenantHint} {...faultProps(faults, 'tenantId', connect.uuidBad)}><Input value={draft.tenantId} onChange={(_, { value }) => change({ tenantId: value, kept: false })} /></Field>
        <Field label={connect.client} hint={connect.clientHint} {...faultProps(faults, 'clientId', connect.uuidBad)}><Input value={draft.clientId} onChange={(_, { value }) => change({ clientId: value, kept: false })} /></Field>
      </div>
      <Secret {...props} />
      <div className="fields wide">
        <div>
          <Switch checked={draft.readDisks} label={connect.readDisks} onChange={(_, { checked }) => change({ readDisks: checked })} />
          <p className="sub s12">{connect.readDisksText}</p>
        </div>
        <div>
          <Switch checked={draft.readReference} label={connect.readReference} onChange={(_, { checked }) => change({ readReference: checked })} />
          <p className="sub s12">{connect.readReferenceText}</p>
        </div>
      </div>
      {(draft.readDisks || draft.readReference) && (
        <>
          <Field label={connect.group} required hint={connect.groupHint} {...faultProps(faults, 'group', connect.groupNeeded)}><Input value={draft.group} onChange={(_, { value }) => change({ group: value })} /></Field>
          <p className="sub s12">{connect.keyText}</p>
        </>
      )}
      <Field label={connect.sourceNames} hint={connect.sourceNamesHint}><Input value={draft.sourceNames} onChange={(_, { value }) => change({ sourceNames: value })} /></Field>
    </>
  );
}

function Secret({ draft, faults, change }: DraftFieldsProps) {
  const { connect, unit } = useMessages();
  const fault = faults.find(({ field }) => field === 'clientSecret');
  return (
    <>
      <div>
        <Checkbox checked={draft.store} label={`${connect.clientSecret}: ${connect.storeIt}`} onChange={(_, { checked }) => change(checked === true ? { store: true } : { store: false, clientSecret: '' })} />
        <p className="sub s12">{connect.storeText}{unit.gap}{connect.storeNot.aks}</p>
      </div>
      {draft.store && (
        <Field label={connect.clientSecret} required={!draft.kept} {...(draft.kept ? { hint: connect.keptSecret } : {})} {...(fault === undefined ? {} : { validationMessage: fault.code === 'incomplete' ? connect.clientNeeded : connect.secretNeeded })}>
          <Input type="password" autoComplete="off" value={draft.clientSecret} onChange={(_, { value }) => change({ clientSecret: value })} />
        </Field>
      )}
    </>
  );
}
