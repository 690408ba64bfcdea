import { Button } from '@fluentui/react-components';
import { useMessages } from '../preferences.tsx';

interface Pages {
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly fetchNextPage: () => Promise<unknown>;
}

/** The way to the rest of a list that is read page by page; nothing where all of it is shown. */
export function More({ pages, shown, total }: { readonly pages: Pages; readonly shown: number; readonly total: number }) {
  const m = useMessages();
  if (!pages.hasNextPage) return null;
  return (
    <div className="more">
      <Button size="small" disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
        {pages.isFetchingNextPage ? m.list.loadingMore : m.list.more(total - shown)}
      </Button>
    </div>
  );
}
