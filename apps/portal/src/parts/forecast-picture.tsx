import { useMessages } from '../preferences.tsx';

interface ForecastPictureProps {
  readonly fixed: number;
  readonly remaining: number;
  readonly introduced: number;
}

/**
 * Two bars on one scale that share the part that remains: what sticks out at the left of the upper one is
 * fixed, at the right of the lower one introduced. "Nothing changes" is two equal bars.
 */
export function ForecastPicture({ fixed, remaining, introduced }: ForecastPictureProps) {
  const { fix, unit } = useMessages();
  const all = Math.max(1, fixed + remaining + introduced);
  const share = (n: number) => ({ flex: `${n} 0 0` });
  const text = (n: number, long: string, short: string): string => (n / all > 0.3 ? long : n / all > 0.05 ? short : '');
  const label = fix.picture(fixed + remaining, fixed, remaining, introduced);
  return (
    <div className="fc" role="img" aria-label={label}>
      <span className="lbl">{fix.now}</span>
      <div className="seg">
        {fixed > 0 && <i className="f hatch" style={share(fixed)}>{text(fixed, `${fix.figures.fixed} ${unit.number(fixed)}`, unit.number(fixed))}</i>}
        {remaining > 0 && <i className="m" style={share(remaining)}>{text(remaining, `${fix.figures.remaining} ${unit.number(remaining)}`, unit.number(remaining))}</i>}
        {introduced > 0 && <i style={share(introduced)} />}
      </div>
      <span className="n"><b>{unit.number(fixed + remaining)}</b><small>{unit.cves(fixed + remaining)}</small></span>
      <span />
      <div className="tie">
        {fixed > 0 && <i style={{ ...share(fixed), background: 'none' }} />}
        {remaining > 0 && <i style={share(remaining)} />}
        {introduced > 0 && <i style={{ ...share(introduced), background: 'none' }} />}
      </div>
      <span />
      <span className="lbl">{fix.after}</span>
      <div className="seg">
        {fixed > 0 && <i className="gap" style={share(fixed)}>{text(fixed, `−${unit.number(fixed)}`, `−${unit.number(fixed)}`)}</i>}
        {remaining > 0 && <i className="m" style={share(remaining)}>{text(remaining, unit.number(remaining), unit.number(remaining))}</i>}
        {introduced > 0 && <i className="x" style={share(introduced)}>{text(introduced, `+${unit.number(introduced)}`, `+${unit.number(introduced)}`)}</i>}
      </div>
      <span className="n"><b>{unit.number(remaining + introduced)}</b><small>{unit.cves(remaining + introduced)}</small></span>
    </div>
  );
}
