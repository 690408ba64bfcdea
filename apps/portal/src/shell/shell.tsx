import { ArrowCircleUp20Regular, DataTrending20Regular, type FluentIcon, Server20Regular, Settings20Regular, ShieldError20Regular, ShieldTask20Regular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useLocation } from 'react-router';
import { serverQuery } from '../api/queries.ts';
import { useLiveUpdates } from '../api/live-updates.ts';
import { useMessages } from '../preferences.tsx';
import { TopBar } from './top-bar.tsx';

/** The frame round every screen. */
export function Shell() {
  const m = useMessages();
  return (
    <div className="app">
      <a className="skip" href="#content" onClick={(event) => { event.preventDefault(); document.getElementById('content')?.focus(); }}>{m.shell.skip}</a>
      <TopBar />
      <div className="main">
        <Navigation />
        <Outlet />
      </div>
    </div>
  );
}

function Navigation() {
  const m = useMessages();
  const live = useLiveUpdates();
  const server = useQuery(serverQuery);
  return (
    <nav className="nav" aria-label={m.shell.navigation}>
      <h2>{m.shell.general}</h2>
      <ul>
        <Item to="/overview" label={m.shell.overview} icon={DataTrending20Regular} />
        <Item to="/recommendations" label={m.shell.recommendations} icon={ShieldTask20Regular} />
        <Item to="/vulnerabilities" label={m.shell.vulnerabilities} icon={ShieldError20Regular} />
        <Item to="/inventory" label={m.shell.inventory} icon={Server20Regular} />
        <Item to="/upgrade-jobs" label={m.shell.upgradeJobs} icon={ArrowCircleUp20Regular} />
      </ul>
      <h2>{m.shell.management}</h2>
      <ul>
        <Item to="/settings" label={m.shell.settings} icon={Settings20Regular} />
      </ul>
      <div className="foot">
        <div role="status">{live ? '' : m.shell.notLive}</div>
        {server.data !== undefined && m.shell.version(server.data.version)}
      </div>
    </nav>
  );
}

function Item({ to, label, icon: Icon }: { readonly to: string; readonly label: string; readonly icon: FluentIcon }) {
  const { pathname } = useLocation();
  const current = pathname === to || pathname.startsWith(`${to}/`);
  return (
    <li>
      <Link to={to} title={label} aria-current={current ? 'page' : undefined}>
        <Icon aria-hidden />
        <span>{label}</span>
      </Link>
    </li>
  );
}
