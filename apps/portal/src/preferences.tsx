import { createContext, type ReactNode, use, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { en } from './i18n/en.ts';
import { ja } from './i18n/ja.ts';
import type { Messages } from './i18n/messages.ts';
import { type TimeWords, timeWords } from './i18n/time.ts';

export type Language = 'ja' | 'en';
export type ThemeChoice = 'light' | 'dark' | 'system';

/** What the portal needs from its surroundings; tests hand in their own. */
export interface Surroundings {
  readonly now: () => number;
  readonly storage: Pick<Storage, 'getItem' | 'setItem'>;
}

interface Preferences {
  readonly language: Language;
  readonly theme: ThemeChoice;
  readonly dark: boolean;
  readonly m: Messages;
  readonly time: TimeWords;
  readonly now: () => number;
  readonly setLanguage: (language: Language) => void;
  readonly setTheme: (theme: ThemeChoice) => void;
}

const PreferencesContext = createContext<Preferences | undefined>(undefined);

/** Language, theme, messages and clock of this user. */
export function usePreferences(): Preferences {
  const preferences = use(PreferencesContext);
  if (preferences === undefined) throw new Error('No PreferencesProvider above');
  return preferences;
}

export function useMessages(): Messages {
  return usePreferences().m;
}

const darkQuery = '(prefers-color-scheme: dark)';
function subscribeDark(changed: () => void): () => void {
  const query = matchMedia(darkQuery);
  query.addEventListener('change', changed);
  return () => query.removeEventListener('change', changed);
}

export function PreferencesProvider({ surroundings, children }: { readonly surroundings: Surroundings; readonly children: ReactNode }) {
  const { storage, now } = surroundings;
  const [language, setLanguage] = useState<Language>(() => storedLanguage(storage) ?? (navigator.language.startsWith('ja') ? 'ja' : 'en'));
  const [theme, setTheme] = useState<ThemeChoice>(() => storedTheme(storage) ?? 'system');
  const systemDark = useSyncExternalStore(subscribeDark, () => matchMedia(darkQuery).matches);
  const dark = theme === 'dark' || (theme === 'system' && systemDark);
  useEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  }, [language, dark]);
  const value = useMemo<Preferences>(
    () => ({
      language,
      theme,
      dark,
      m: language === 'ja' ? ja : en,
      time: timeWords(language, now),
      now,
      setLanguage: (next) => {
        storage.setItem('nodeward.language', next);
        setLanguage(next);
      },
      setTheme: (next) => {
        storage.setItem('nodeward.theme', next);
        setTheme(next);
      },
    }),
    [language, theme, dark, storage, now],
  );
  return <PreferencesContext value={value}>{children}</PreferencesContext>;
}

function storedLanguage(storage: Surroundings['storage']): Language | undefined {
  const value = storage.getItem('nodeward.language');
  return value === 'ja' || value === 'en' ? value : undefined;
}

function storedTheme(storage: Surroundings['storage']): ThemeChoice | undefined {
  const value = storage.getItem('nodeward.theme');
  return value === 'light' || value === 'dark' || value === 'system' ? value : undefined;
}
