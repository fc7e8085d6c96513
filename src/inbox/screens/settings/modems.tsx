/** A card for each modem: who it is, what it hears, what it may send, how pictures fare, and what healed it when. */
import { useEffect, useState } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import type { Modem, Page } from '../../api/types.ts'
import { maybeT, t } from '../../languages/translate.ts'
import { addressWords } from '../../model/people.ts'
import { session } from '../../model/session.ts'
import { loadStatus, modems } from '../../model/status.ts'
import { Reason } from '../../ui/reason.tsx'
import { shortTime } from '../../ui/times.ts'
import { Action } from '../later/action.tsx'
import { Facts } from '../later/facts.tsx'
import { ModemMms } from './modem-mms.tsx'
import { SignalPlot } from './signal-plot.tsx'
import { SimPin } from './sim-pin.tsx'

/** While one is not ready all are looked at so often. */
const LOOK_EVERY_MS = 2_000

interface Port {
  port: string
  product: string | null
  result: string
  reason: string | null
}

export function Modems() {
  const mayRule = session.value?.user?.role === 'admin'
  const [ports, setPorts] = useState<readonly Port[] | undefined>(undefined)
  const isWaiting = modems.value?.some(({ state }) => state !== 'ready') ?? true
  useEffect(() => {
    if (!isWaiting) return
    const again = setInterval(() => void loadStatus(), LOOK_EVERY_MS)
    return () => clearInterval(again)
  }, [isWaiting])
  return (
    <>
      {modems.value?.length === 0 && <p class="empty quiet">{t('modems.none')}</p>}
      {modems.value?.map((modem) => (
        <ModemCard key={modem.id} modem={modem} mayRule={mayRule} />
      ))}
      {mayRule && (
        <section class="card">
          <Action
            label={t('modems.probe')}
            run={async () => setPorts((await ask<Page<Port>>('POST', '/api/v1/modems/probe')).data)}
          />
          {ports?.length === 0 && <p class="quiet">{t('modems.noPort')}</p>}
          <ul class="lines" translate={false}>
            {ports?.map(({ port, product, reason, result }) => (
              <li key={port}>
                <b>{port}</b> {product} <Reason kind="port.is" code={result} reason={reason} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}

function ModemCard({ modem, mayRule }: { modem: Modem; mayRule: boolean }) {
  const { texts, recovery, storage } = modem
  const counted = (count: number | null, quota: number | null) =>
    count === null ? null : quota === null ? String(count) : `${count} / ${quota}`
  return (
    <section class="card modem">
      <h3 translate={false}>{modem.label ?? modem.id}</h3>
      {modem.state === 'ready' ? (
        <p class="state good">{t('modems.ready')}</p>
      ) : (
        <p class="state bad">
          <Reason kind="modem.is" code={modem.state} reason={modem.reason} />
        </p>
      )}
      <SimPin modem={modem} mayRule={mayRule} />
      <SignalPlot modemId={modem.id} />
      <Facts
        rows={[
          [t('about.number'), modem.number === null ? null : addressWords(modem.number)],
          [t('modems.network'), modem.operator],
          [t('modems.signal'), modem.signal_dbm === null ? null : `${modem.signal_dbm} dBm`],
          [t('modems.model'), [modem.manufacturer, modem.model, modem.revision].filter(Boolean).join(' ')],
          [t('modems.smsc'), modem.smsc === null ? null : addressWords(modem.smsc)],
          [t('modems.sim'), modem.iccid],
          [t('modems.storage'), storage.map(({ memory, used, total }) => `${memory} ${used} / ${total}`).join(', ')],
          [t('modems.today'), texts === null ? null : counted(texts.today, texts.daily_quota)],
          [t('modems.month'), texts === null ? null : counted(texts.this_month, texts.monthly_quota)],
        ]}
      />
      {texts?.available === false && (
        <p class="note held">
          <Reason kind="texts.why" code={texts.code} reason={texts.reason} />
        </p>
      )}
      <ModemMms modem={modem} mayRule={mayRule} />
      <details>
        <summary>{t('modems.heal', { count: recovery.history.length })}</summary>
        <ol class="lines">
          {[...recovery.history].reverse().map(({ step, code, reason, at }) => (
            <li key={`${at}${step}`}>
              <time>{shortTime(at)}</time> <b>{maybeT(`heal.${step}`) ?? step}</b>{' '}
              <Reason kind="heal.why" code={code} reason={reason} />
            </li>
          ))}
        </ol>
      </details>
      {mayRule && (
        <Action
          label={t('modems.reset')}
          sure={t('modems.resetSure')}
          run={async () => {
            await ask('POST', `/api/v1/modems/${encodeURIComponent(modem.id)}/reset`)
            await loadStatus()
          }}
        />
      )}
    </section>
  )
}
