import { type ReactNode, useEffect } from 'react';
import { ChevronRight12Regular } from '@fluentui/react-icons';
import { Link } from 'react-router';
import { useMessages } from '../preferences.tsx';

export type Crumb = readonly [label: string, to?: string];

interface PageProps {
  readonly trail: readonly Crumb[];
  readonly title: string;
  readonly subtitle?: ReactNode;
  readonly icon?: ReactNode;
  readonly right?: ReactNode;
  readonly commands?: ReactNode;
  readonly gray?: boolean;
  readonly pane?: ReactNode;
  readonly children: ReactNode;
}

/** Breadcrumb, title, command bar, body, and the details pane at the right. */
export function Page({ trail, title, subtitle, icon, right, commands, gray = false, pane, children }: PageProps) {
  const m = useMessages();
  useEffect(() => {
    document.title = `${title} · Nodeward`;
  }, [title]);
  return (
    <>
      <main className="page" id="content" tabIndex={-1}>
        <header className="head">
          <Breadcrumb trail={trail} />
          <div className="row between wrap">
            <div className="row gap12">
              {icon}
              <div>
                <h1>{title}</h1>
                {subtitle !== undefined && <div className="sub">{subtitle}</div>}
              </div>
            </div>
            {right}
          </div>
        </header>
        {commands === undefined ? <div className="cmd bare" /> : <div className="cmd" role="group" aria-label={m.shell.commands}>{commands}</div>}
        <div className={`body ${gray ? 'gray' : ''}`}>{children}</div>
      </main>
      {pane}
    </>
  );
}

function Breadcrumb({ trail }: { readonly trail: readonly Crumb[] }) {
  const m = useMessages();
  return (
    <nav className="crumbs" aria-label={m.shell.breadcrumb}>
      <ol>
        {trail.map(([label, to], index) => (

          <li key={label}>
              {index > 0 && <ChevronRight12Regular aria-hidden />}
              {to === undefined ? <span aria-current="page">{label}</span> : <Link to={to}>{label}</Link>}
            </li>

        ))}
      </ol>
    </nav>
  );
}
