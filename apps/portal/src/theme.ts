import { type BrandVariants, createDarkTheme, createLightTheme, type Theme } from '@fluentui/react-components';

const brand: BrandVariants = {
  10: '#040a16', 20: '#0d1a33', 30: '#10284f', 40: '#123467', 50: '#15417f', 60: '#1a4e97', 70: '#215bae', 80: '#2a68c4',
  90: '#3f79cf', 100: '#5589d9', 110: '#6a99e1', 120: '#80aae9', 130: '#97bbef', 140: '#afccf5', 150: '#c8dcf9', 160: '#e1ecfc',
};

// 13 px body: one step under Fluent's 14, the size of an operations portal; Japanese needs the 20 px line.
const type: Partial<Theme> = {
  fontFamilyBase: "'Segoe UI','Yu Gothic UI','Hiragino Sans','Noto Sans CJK JP','Noto Sans JP','Noto Sans',sans-serif",
  fontFamilyMonospace: "'Cascadia Mono',Consolas,'DejaVu Sans Mono',Menlo,monospace",
  fontSizeBase300: '13px',
  lineHeightBase300: '20px',
  fontSizeBase200: '12px',
  lineHeightBase200: '18px',
  fontSizeBase500: '19px',
  lineHeightBase500: '26px',
  borderRadiusMedium: '3px',
};

export const lightTheme: Theme = { ...createLightTheme(brand), ...type, colorNeutralBackground3: '#f4f6f8' };

export const darkTheme: Theme = {
  ...createDarkTheme(brand),
  ...type,
  colorBrandForeground1: brand[120],
  colorBrandForegroundLink: brand[120],
  colorNeutralBackground1: '#1d2126',
  colorNeutralBackground2: '#191d21',
  colorNeutralBackground3: '#15181c',
  colorNeutralBackground1Hover: '#272c33',
  colorNeutralBackground1Selected: '#2b323b',
  colorNeutralStroke2: '#353b43',
  colorNeutralStroke3: '#2a2f36',
};
