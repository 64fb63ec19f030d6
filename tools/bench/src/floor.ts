/** The floor, in a process of its own: packets encrypted and sent one by one to sockets that somebody reads. */
import { measureFloor } from '@parley/media-engine'

export const measure = measureFloor
