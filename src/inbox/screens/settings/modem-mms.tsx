/** Picture messages of a modem: whose settings they go by, whom the owner must choose from, and a try, step by step. */
import { useEffect, useState } from 'preact/hooks'
import { ApiProblem, ask } from '../../api/client.ts'
import type { MmsTest, Modem } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { Reason } from '../../ui/reason.tsx'
import { Action } from '../later/action.tsx'

/** While a try is under way it is asked for so often. */
const LOOK_EVERY_MS = 1_000

export function ModemMms({ modem, mayRule }: { modem: Modem; mayRule: boolean }) {
  const [test, setTest] = useState<MmsTest | undefined>(undefined)
  const path = `/api/v1/modems/${encodeURIComponent(modem.id)}/mms-test`
  const isRunning = test?.state === 'running'
  useEffect(() => {
    if (!isRunning) return
    const look = () =>
      void ask<MmsTest>('GET', path).then(setTest, (error: unknown) => {
        // The gateway has begun anew, and has forgotten it. All else may pass.
        if (error instanceof ApiProblem && error.status === 404) setTest(undefined)
      })
    const again = setInterval(look, LOOK_EVERY_MS)
    return () => clearInterval(again)
  }, [isRunning, path])
  const { mms } = modem
  if (mms === null) return null
  return (
    <div class="mms-card">
      <h4>{t('modems.mms')}</h4>
      {mms.available ? (
        <p class="quiet" translate={false}>
          {mms.carrier}
        </p>
      ) : (
        <p class="note held">
          <Reason kind="mms.why" code={mms.code} reason={mms.reason} />
        </p>
      )}
      {mms.candidates.length > 0 && (
        <>
          <p>{t('modems.mmsChoose')}</p>
          <ul class="lines" translate={false}>
            {mms.candidates.map(({ id, name }) => (
              <li key={id}>
                <code dir="ltr">carrier: {id}</code> <bdi>{name}</bdi>
              </li>
            ))}
          </ul>
        </>
      )}
      {mayRule && mms.available && (
        <Action
          label={t('modems.mmsTry')}
          sure={t('modems.mmsTrySure')}
          disabled={isRunning}
          run={async () => setTest(await begin(path))}
        />
      )}
      <p role="status">{test !== undefined && t('modems.mmsTest', { state: test.state })}</p>
      <ol class="lines">
        {test?.steps.map(({ step, ok, code, detail }) => (
          <li key={step}>
            {ok ? '✓' : '✗'} <b>{t('modems.mmsStep', { step })}</b>{' '}
            <Reason kind="mms.why" code={code} reason={detail} />
          </li>
        ))}
      </ol>
    </div>
  )
}

/** Or the one that is under way already. */
async function begin(path: string): Promise<MmsTest> {
  try {
    return await ask<MmsTest>('POST', path)
  } catch (error) {
    if (error instanceof ApiProblem && error.code === 'mms-test-running') return await ask<MmsTest>('GET', path)
    throw error
  }
}
