/** What people send where no file was named: a green square of 8 by 8 pixels, PNG. */

export const SMALL_PICTURE: Buffer<ArrayBuffer> = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAEUlEQVQImWPQ6rLCihiGlgQAPCE7gbN1TxUAAAAASUVORK5CYII=',
  'base64',
)
export const SMALL_PICTURE_NAME = 'garden.png'
