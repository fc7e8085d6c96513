/** What this message will travel over, and the choice of another way for it alone. */
import type { Policy } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { Check, Lock, MessageSquare, RotateCw } from '../ui/icons.ts'
import { Menu } from '../ui/menu.tsx'
import { type ShownTransport, TransportGlyph } from '../ui/transport.tsx'

interface PillProps {
  expected: ShownTransport
  chosen: Policy | undefined
  group: 'signal' | 'phone' | undefined
  textable: boolean
  choose: (policy: Policy | undefined) => void
}

export function TransportPill({ expected, chosen, group, textable, choose }: PillProps) {
  const words = chosen === undefined ? t(`pill.auto.${expected}`) : t(`pill.only.${expected}`)
  if (group !== undefined) {
    return (
      <span class={`pill ${expected}`}>
        <TransportGlyph transport={expected} />
        <span>
          {t(group === 'signal' ? 'pill.group' : expected === 'mms' ? 'groups.phoneMms' : 'groups.phoneApart')}
        </span>
      </span>
    )
  }
  const mark = (isChosen: boolean, icon: preact.ComponentChildren) => (isChosen ? <Check aria-hidden="true" /> : icon)
  return (
    <Menu
      class={`pill ${expected}`}
      label={t('pill.label', { words })}
      icon={
        <>
          <TransportGlyph transport={expected} />
          <span>{words}</span>
        </>
      }
      entries={[
        {
          label: t('pill.auto'),
          icon: mark(chosen === undefined, <RotateCw aria-hidden="true" />),
          run: () => choose(undefined),
        },
        {
          label: t('pill.signalOnly'),
          icon: mark(chosen === 'signal_only', <Lock aria-hidden="true" />),
          run: () => choose('signal_only'),
        },
        textable
          ? {
              label: t('pill.smsOnly'),
              icon: mark(chosen === 'sms_only', <MessageSquare aria-hidden="true" />),
              run: () => choose('sms_only'),
            }
          : undefined,
      ]}
    />
  )
}
