/** Moving pictures for people and screens that do not exist. */
import { hueOf } from '../tile/avatar.ts'

const FRAMES_PER_SECOND = 4

/** Someone in front of a coloured wall, nodding. */
export function drawPerson(id: string): MediaStream {
  const hue = hueOf(id)
  return animate(640, 360, (context, frame) => {
    const { width, height } = context.canvas
    const wall = context.createLinearGradient(0, 0, width, height)
    wall.addColorStop(0, `oklch(0.62 0.06 ${hue})`)
    wall.addColorStop(1, `oklch(0.38 0.05 ${hue + 40})`)
    context.fillStyle = wall
    context.fillRect(0, 0, width, height)
    const nod = Math.sin(frame / 2) * 5
    context.fillStyle = `oklch(0.3 0.06 ${hue + 180})`
    context.beginPath()
    context.ellipse(width / 2, height * 1.02, 130, 125, 0, 0, 7)
    context.fill()
    context.fillStyle = `oklch(${0.55 + (hue % 30) / 100} 0.06 60)`
    context.beginPath()
    context.ellipse(width / 2, height * 0.45 + nod, 58, 72, 0, 0, 7)
    context.fill()
    context.fillStyle = `oklch(0.25 0.03 ${hue})`
    context.beginPath()
    context.ellipse(width / 2, height * 0.36 + nod, 62, 52, 0, Math.PI, 0)
    context.fill()
  })
}

/** A document with small print. */
export function drawScreen(): MediaStream {
  return animate(1280, 720, (context, frame) => {
    context.fillStyle = '#f6f7f8'
    context.fillRect(0, 0, 1280, 720)
    context.fillStyle = '#1d2326'
    context.font = '600 40px sans-serif'
    context.fillText('Quarterly review', 80, 110)
    context.font = '20px sans-serif'
    for (let line = 0; line < 14; line++) {
      context.fillStyle = line % 5 === 0 ? '#2c6e54' : '#59646a'
      context.fillText(`${line + 1}. Small print has to stay readable on a shared screen.`, 80, 170 + line * 36)
    }
    context.fillStyle = '#7fd1ae'
    for (let bar = 0; bar < 8; bar++) {
      const height = 80 + ((bar * 53 + frame) % 260)
      context.fillRect(800 + bar * 50, 640 - height, 34, height)
    }
  })
}

function animate(width: number, height: number, draw: (context: CanvasRenderingContext2D, frame: number) => void) {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d')
  if (!context) throw new Error('no 2D canvas')
  let frame = 0
  draw(context, frame)
  // Lives as long as the story's page.
  setInterval(() => draw(context, ++frame), 1000 / FRAMES_PER_SECOND)
  return canvas.captureStream(FRAMES_PER_SECOND)
}
