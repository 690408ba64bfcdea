import { useNavigate } from 'react-router';
import { useMessages } from '../../preferences.tsx';
import type { FleetScope } from '../../parts/fleet-scope.ts';
import { listPath } from '../../paths.ts';
import { Tab, TabList } from '@fluentui/react-components';

type InventoryTab = 'tree' | 'nodes' | 'packages';

/** What the fleet is confined to goes along from the tree to the nodes and back. */
const pathsOf = (scope: FleetScope): Record<InventoryTab, string> => ({ tree: listPath('/inventory', { ...scope }), nodes: listPath('/inventory', { ...scope, view: 'nodes' }), packages: '/inventory/packages' });

/** The three ways to look at what is there: by cluster, node by node, package by package. */
export function InventoryTabs({ tab, scope = {} }: { readonly tab: InventoryTab; readonly scope?: FleetScope }) {
  const m = useMessages();
  const navigate = useNavigate();
  const tabs = ['tree', 'nodes', 'packages'] as const;
  return (
    <TabList size="small" style={{ paddingInline: 10 }} selectedValue={tab} aria-label={m.inventory.views} onTabSelect={(_, { value }) => void navigate(pathsOf(scope)[tabs.find((name) => name === value) ?? 'tree'])}>
      {tabs.map((name) => <Tab key={name} value={name}>{m.inventory[name]}</Tab>)}
    </TabList>
  );
}
