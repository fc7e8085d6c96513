/**
 * The square of a picture that people will see: dragged by pointer, or moved and zoomed by sliders, which the keyboard works
 * as well. The canvas shows what is taken, at the size in which it is; nothing moves by itself.
 */
import { useEffect, useRef, useState } from 'preact/hooks'
import { t } from '../../languages/translate.ts'
import { useAct } from '../../ui/act.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Problem } from '../../ui/problem.tsx'

const ZOOM_MAX = 5
const JPEG_QUALITY = 0.85

interface CropProps {
  picture: ImageBitmap
  /** Edge of what is taken. */
  px: number
  take: (square: Blob) => Promise<unknown>
  onClose: () => void
}

export function Crop({ picture, px, take, onClose }: CropProps) {
  // `x` and `y` from 0 to 1: of the way that the square can go.
  const [place, setPlace] = useState({ x: 0.5, y: 0.5, zoom: 1 })
  const canvas = useRef<HTMLCanvasElement>(null)
  const taking = useAct()
  const { x, y, zoom } = place
  const side = Math.min(picture.width, picture.height) / zoom
  const [wayX, wayY] = [picture.width - side, picture.height - side]
  useEffect(() => {
    const pen = canvas.current?.getContext('2d')
    if (pen == null) return
    // What is transparent would be black as a JPEG.
    pen.fillStyle = '#fff'
    pen.fillRect(0, 0, px, px)
    pen.drawImage(picture, x * wayX, y * wayY, side, side, 0, 0, px, px)
  }, [place])
  const drag = ({ buttons, movementX, movementY, currentTarget }: PointerEvent & { currentTarget: HTMLElement }) => {
    if (buttons === 0) return
    const scale = side / currentTarget.clientWidth
    const moved = (at: number, by: number, way: number) =>
      way === 0 ? at : Math.min(1, Math.max(0, at - (by * scale) / way))
    setPlace((was) => ({ ...was, x: moved(was.x, movementX, wayX), y: moved(was.y, movementY, wayY) }))
  }
  const go = () =>
    taking.run(async () => {
      const square = await new Promise<Blob | null>((resolve) =>
        canvas.current?.toBlob(resolve, 'image/jpeg', JPEG_QUALITY),
      )
      if (square !== null) await take(square)
      onClose()
    })
  const slider = (name: keyof typeof place, label: string, min: number, max: number) => (
    <label class="field">
      <span>{label}</span>
      <input
        type="range"
        step="0.01"
        {...{ min, max }}
        value={place[name]}
        onInput={({ currentTarget: { valueAsNumber } }) => setPlace({ ...place, [name]: valueAsNumber })}
      />
    </label>
  )
  return (
    <Dialog title={t('picture.title')} onClose={onClose}>
      <div aria-hidden="true">
        <canvas
          class="crop"
          ref={canvas}
          width={px}
          height={px}
          onPointerDown={({ currentTarget, pointerId }) => currentTarget.setPointerCapture(pointerId)}
          onPointerMove={drag}
        />
      </div>
      <p class="quiet small">{t('picture.words')}</p>
      {slider('zoom', t('picture.zoom'), 1, ZOOM_MAX)}
      {slider('x', t('picture.across'), 0, 1)}
      {slider('y', t('picture.down'), 0, 1)}
      {taking.error !== undefined && <Problem error={taking.error} />}
      <button type="button" class="button primary" disabled={taking.busy} onClick={() => void go()}>
        {t('picture.use')}
      </button>
    </Dialog>
  )
}
