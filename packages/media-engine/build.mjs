console.log('media-engine: no native code yet')
