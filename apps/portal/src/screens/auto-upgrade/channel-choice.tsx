import { Field, Radio, RadioGroup } from '@fluentui/react-components';
import { useMessages } from '../../preferences.tsx';

interface ChannelChoiceProps<Channel extends string> {
  readonly value: Channel;
  readonly options: readonly Channel[];
  /** What each channel does, in words; its name is not translated. */
  readonly texts: Readonly<Record<Channel, string>>;
  readonly title: string;
  readonly disabled: boolean;
  readonly choose: (channel: Channel) => void;
}

export function ChannelChoice<Channel extends string>({ value, options, texts, title, disabled, choose }: ChannelChoiceProps<Channel>) {
  const m = useMessages();
  return (
    <Field label={m.autoUpgrade.channel}>
      <RadioGroup
        value={value}
        disabled={disabled}
        aria-label={`${m.autoUpgrade.channel}: ${title}`}
        onChange={(_, data) => {
          const chosen = options.find((option) => option === data.value);
          if (chosen !== undefined) choose(chosen);
        }}
      >
        {options.map((option) => (
          <Radio key={option} value={option} label={<span className="col"><b>{option}</b><span className="sub s12">{texts[option]}</span></span>} />
        ))}
      </RadioGroup>
    </Field>
  );
}
