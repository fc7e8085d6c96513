/** What somebody prefers in this browser: appearance, language, what Enter does. */
import { LANGUAGES, type Language } from '../languages/catalogues.ts'
import { t } from '../languages/translate.ts'
import type { Preferences as Choices } from '../model/kept-preferences.ts'
import { prefer, preferences } from '../model/preferences.ts'
import { Dialog } from '../ui/dialog.tsx'

export function Preferences({ onClose }: { onClose: () => void }) {
  const { theme, language, enterSends, previews } = preferences.value
  return (
    <Dialog title={t('preferences.title')} onClose={onClose}>
      <label class="field">
        <span>{t('preferences.theme')}</span>
        <select value={theme} onChange={(event) => prefer({ theme: event.currentTarget.value as Choices['theme'] })}>
          <option value="system">{t('preferences.themeSystem')}</option>
          <option value="light">{t('preferences.themeLight')}</option>
          <option value="dark">{t('preferences.themeDark')}</option>
        </select>
      </label>
      <label class="field">
        <span>{t('preferences.language')}</span>
        <select value={language} onChange={(event) => prefer({ language: event.currentTarget.value as Language })}>
          {Object.entries(LANGUAGES).map(([code, name]) => (
            <option key={code} value={code} lang={code} translate={false}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={enterSends}
          onChange={(event) => prefer({ enterSends: event.currentTarget.checked })}
        />
        <span>
          {t('preferences.enterSends')}
          <small>{t('preferences.enterSendsHint')}</small>
        </span>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={previews}
          onChange={(event) => prefer({ previews: event.currentTarget.checked })}
        />
        <span>
          {t('preferences.previews')}
          <small>{t('preferences.previewsHint')}</small>
        </span>
      </label>
      <p class="quiet small">{t('preferences.note')}</p>
    </Dialog>
  )
}
