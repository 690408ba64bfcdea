import { Button } from '@fluentui/react-components';
import { LocalLanguage20Regular, WeatherMoon20Regular, WeatherSunny20Regular } from '@fluentui/react-icons';
import { Link } from 'react-router';
import { GlobalSearch } from './global-search.tsx';
import { type ThemeChoice, usePreferences } from '../preferences.tsx';

const themes: readonly ThemeChoice[] = ['light', 'dark', 'system'];

/** Product name, search, theme and language; nothing that does nothing. */
export function TopBar() {
  const { m, language, setLanguage } = usePreferences();
  return (
    <header className="bar">
      <Link to="/overview" className="brand">
        <Logo />
        Nodeward
      </Link>
      <span className="about">{m.shell.title}</span>
      <GlobalSearch />
      <ThemeChoiceList />
      <Button
        appearance="transparent"
        size="small"
        icon={<LocalLanguage20Regular />}
        lang={language === 'ja' ? 'en' : 'ja'}
        title={m.shell.switchLanguage}
        onClick={() => setLanguage(language === 'ja' ? 'en' : 'ja')}
      >
        {m.shell.otherLanguage}
      </Button>
    </header>
  );
}

/** A native list: Fluent's menu would add a sixth to what the first page loads. */
function ThemeChoiceList() {
  const { m, theme, dark, setTheme } = usePreferences();
  return (
    <label className="theme" title={m.shell.theme}>
      {dark ? <WeatherMoon20Regular aria-hidden /> : <WeatherSunny20Regular aria-hidden />}
      <select aria-label={m.shell.theme} value={theme} onChange={({ target }) => setTheme(themes.find((choice) => choice === target.value) ?? 'system')}>
        {themes.map((choice) => (
          <option key={choice} value={choice}>
            {m.shell.themes[choice]}
          </option>
        ))}
      </select>
    </label>
  );
}

function Logo() {
  return (
    <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden>
      <path d="M11 1.5 19 6v10l-8 4.5L3 16V6z" fill="none" stroke="#8fc0ff" strokeWidth="1.6" strokeLinejoin="round" />
      <path d="m7 11 3 3 5.2-6" fill="none" stroke="#fff" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
