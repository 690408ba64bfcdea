import { Field, Input } from '@fluentui/react-components';
import { useMessages } from '../../preferences.tsx';
import { type DraftFieldsProps, faultProps } from './draft-field.ts';

export function ImagesFields({ draft, faults, change }: DraftFieldsProps) {
  const { connect } = useMessages();
  return (
    <Field label={connect.folder} required hint={connect.folderHint} {...faultProps(faults, 'folder', connect.folderNeeded)}>
      <Input value={draft.folder} className="mono" onChange={(_, { value }) => change({ folder: value })} />
    </Field>
  );
}
