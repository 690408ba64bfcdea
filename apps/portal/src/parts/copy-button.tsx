import { Button } from '@fluentui/react-components';
import { Checkmark16Regular, Copy16Regular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useMessages } from '../preferences.tsx';

/** Copies a text; without TLS there is no clipboard, and the text beside it can be selected. */
export function CopyButton({ text, name }: { readonly text: string; /** What is copied, for those who hear the button without its surroundings. */ readonly name: string }) {
  const m = useMessages();
  const [copied, setCopied] = useState(false);
  if (!isSecureContext) return null;
  return (
    <Button size="small" icon={copied ? <Checkmark16Regular /> : <Copy16Regular />} aria-label={copied ? m.connect.copied : m.connect.copyOf(name)} onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}>
      {copied ? m.connect.copied : m.connect.copy}
    </Button>
  );
}
