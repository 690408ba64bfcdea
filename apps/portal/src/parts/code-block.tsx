import { Fragment } from 'react';
import { CopyButton } from './copy-button.tsx';

interface CodeBlockProps {
  readonly name: string;
  readonly text: string;
  /** Names that stand between angle brackets in the text and that only the reader knows. */
  readonly placeholders?: readonly string[];
}

/** A text to copy: it scrolls sideways, since a wrapped command is easily copied wrongly by hand. */
export function CodeBlock({ name, text, placeholders = [] }: CodeBlockProps) {
  return (
    <div className="codeblock">
      <div className="codehead">
        <span className="s12 break">{name}</span>
        <CopyButton text={text} name={name} />
      </div>
      <pre tabIndex={0} aria-label={name} lang="en"><Marked text={text} placeholders={placeholders} /></pre>
    </div>
  );
}

function Marked({ text, placeholders }: { readonly text: string; readonly placeholders: readonly string[] }) {
  const known = new Set(placeholders.map((name) => `<${name.replace(/^<|>$/g, '')}>`));
  return text.split(/(<[^<>\s]+>)/).map((part, index) => <Fragment key={index}>{known.has(part) ? <mark>{part}</mark> : part}</Fragment>);
}
