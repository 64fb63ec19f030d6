/**
 * A picture that is hard to compress, as a file that Chromium plays as its camera. Its own test picture costs so little that
 * no link of 1 Mbit/s is ever too narrow for it.
 */
import { open } from 'node:fs/promises'
import { seededRandom } from '@parley/rig'

/** Writes `count` frames of a texture that drifts (YUV4MPEG2, 4:2:0, 20 frames/s); Chromium plays them over and over. */
export async function writeDetailedPicture(path: string, width = 1280, height = 720, count = 30): Promise<void> {
  const random = seededRandom(1)
  // Twice as wide: frames are windows into it, so that each is all motion and none is new work.
  const texture = Buffer.from(Float64Array.from({ length: width * 2 }, () => random()).map((value) => 60 + value * 120))
  const gray = Buffer.alloc((width * height) / 2, 128)
  const file = await open(path, 'w')
  try {
    await file.write(`YUV4MPEG2 W${width} H${height} F20:1 Ip A1:1 C420jpeg\n`)
    const luma = Buffer.alloc(width * height)
    for (let frame = 0; frame < count; frame++) {
      for (let line = 0; line < height; line++) {
        // Blocks of eight lines drift at speeds of their own.
        const block = line >> 3
        const shift = (block * 37 + frame * (1 + (block % 7))) % width
        texture.copy(luma, line * width, shift, shift + width)
      }
      await file.write('FRAME\n')
      await file.write(luma)
      await file.write(gray)
    }
  } finally {
    await file.close()
  }
}
