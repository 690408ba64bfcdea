import { Tab, TabList } from '@fluentui/react-components';
import { Info16Regular } from '@fluentui/react-icons';
import type { Candidate, PrintedCommand } from '@nodeward/api';
import { useAddress } from '../../parts/address.ts';
import { CodeBlock } from '../../parts/code-block.tsx';
import { useMessages } from '../../preferences.tsx';

const place = 'commands';
type Tool = PrintedCommand['tool'];
/** In the order of the tabs; a tool that the pool does not have gets none. */
const order: readonly Tool[] = ['az', 'bicep', 'terraform', 'gcloud', 'eksctl', 'kops', 'cluster-api', 'kubectl'];

/** Goes to the commands once the page has drawn those of the operation that was pressed. */
export function showCommands(): void {
  setTimeout(() => {
    const section = document.getElementById(place);
    section?.scrollIntoView({ block: 'start' });
    section?.focus();
  }, 50);
}

/** What carries out the plan with somebody's own tools, step by step; nothing here sends a request. */
export function CommandList({ candidate: { kind, steps, commands } }: { readonly candidate: Candidate }) {
  const m = useMessages();
  const address = useAddress();
  const tools = order.filter((tool) => commands.some((command) => command.tool === tool));
  const tool = address.oneOf('tool', tools) ?? tools[0];
  if (tool === undefined) return null;
  const title = `${m.fix.commands}: ${m.operation[kind]}`;
  return (
    <section id={place} tabIndex={-1} className="card col g10" aria-label={title}>
      <h2>{title}</h2>
      <p className="sub row top"><Info16Regular style={{ marginTop: 2 }} /><span>{m.fix.commandsNote}{steps.length > 1 && `${m.unit.gap}${m.fix.skewHeld}`}</span></p>
      <TabList size="small" selectedValue={tool} aria-label={m.fix.tools} onTabSelect={(_, { value }) => address.change({ tool: String(value) })}>
        {tools.map((one) => <Tab key={one} value={one}>{m.fix.tool[one]}</Tab>)}
      </TabList>
      <ol className="commandsteps">
        {steps.map((step, index) => (
          <li key={`${step.kind} ${step.target ?? ''}`} className="col g6">
            <h3>{m.fix.stepOf(index + 1, m.fix.step[step.kind])}{step.target !== null && <span className="mono dim break"> {step.target}</span>}</h3>
            <StepCommands commands={commands.filter((command) => command.step === index)} tool={tool} step={m.fix.step[step.kind]} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function StepCommands({ commands, tool, step }: { readonly commands: readonly PrintedCommand[]; readonly tool: Tool; readonly step: string }) {
  const m = useMessages();
  const own = commands.filter((command) => command.tool === tool);
  if (own.length === 0) {
    const others = order.filter((one) => commands.some((command) => command.tool === one));
    return <p className="sub">{m.fix.stepElsewhere(others.length === 0 ? m.unit.none : m.unit.list(others.map((one) => m.fix.tool[one])))}</p>;
  }
  return own.map((command, index) => (
    <div key={index} className="col g4">
      {command.placeholders.length > 0 && (
        <span className="row gap4 wrap s12"><span className="dim">{m.fix.replace}:</span>{command.placeholders.map((name) => <mark key={name} className="mono">{`<${name.replace(/^<|>$/g, '')}>`}</mark>)}</span>
      )}
      <CodeBlock name={`${m.fix.tool[tool]} · ${step}`} text={command.text} placeholders={command.placeholders} />
    </div>
  ));
}
