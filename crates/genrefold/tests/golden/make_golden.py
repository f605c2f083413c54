"""Golden vectors of the audio front end: librosa reference.
Stages, for each NAME.wav (PCM16): mono16k = librosa.load(NAME.wav, sr=16000, mono=True, res_type='soxr_hq')
 mel_power = librosa.feature.melspectrogram(y, sr=16000, n_fft=512, hop_length=256, n_mels=128)   (hann periodic, center, zero pad, power 2, slaney, htk=False)
 db = librosa.power_to_db(mel_power, ref=np.max, amin=1e-10, top_db=80)
"""
import numpy as np, librosa, soundfile as sf, json, scipy, soxr
rng=np.random.default_rng(20240601)
def sweep(sr,sec,f0,f1):
    t=np.arange(int(sr*sec))/sr; k=np.log(f1/f0)/sec
    return 0.7*np.sin(2*np.pi*f0*(np.exp(k*t)-1)/k)
out={}
def put(name,x,sr):
    sf.write(name+'.wav',x,sr,subtype='PCM_16')
put('sweep_22050_mono', sweep(22050,2,30,10900),22050)
put('noise_44100_mono', 0.2*rng.standard_normal(44100*1).clip(-4,4),44100)
c=np.zeros(22050*2); c[::2205]=0.9; c[0]=0; put('clicks_22050_mono',c,22050)
t=np.arange(int(44100*2))/44100
L=0.4*np.sin(2*np.pi*440*t)+0.2*np.sin(2*np.pi*3000*t)*np.exp(-3*t)+0.05*rng.standard_normal(t.size)
R=0.3*np.sin(2*np.pi*660*t+0.3)+0.2*sweep(44100,2,100,20000)
put('stereo_44100', np.stack([L,R],1),44100)
put('silence_22050_mono', np.zeros(22050),22050)
put('sine1k_16000_mono', 0.5*np.sin(2*np.pi*1000*np.arange(16000)/16000),16000)
put('sweep_48000_stereo', np.stack([sweep(48000,1,30,23500)]*2,1),48000)
names=['sweep_22050_mono','noise_44100_mono','clicks_22050_mono','stereo_44100','silence_22050_mono','sine1k_16000_mono','sweep_48000_stereo']
fb=librosa.filters.mel(sr=16000,n_fft=512,n_mels=128,htk=False,norm='slaney')
np.save('mel_fb_128x257_f32.npy',fb)
np.save('hann512_periodic_f32.npy',scipy.signal.get_window('hann',512,fftbins=True).astype(np.float32))
meta={'librosa':librosa.__version__,'soxr':soxr.__version__,'numpy':np.__version__,'signals':{}}
for n in names:
    y,_=librosa.load(n+'.wav',sr=16000,mono=True,res_type='soxr_hq')
    S=librosa.feature.melspectrogram(y=y,sr=16000,n_fft=512,hop_length=256,n_mels=128)
    S64=librosa.feature.melspectrogram(y=y.astype(np.float64),sr=16000,n_fft=512,hop_length=256,n_mels=128)
    db=librosa.power_to_db(S,ref=np.max)
    np.save(n+'.mono16k.npy',y.astype(np.float32)); np.save(n+'.melpow.npy',S.astype(np.float32)); np.save(n+'.db.npy',db.astype(np.float32))
    S32=S
    with np.errstate(all='ignore'):
        rel=np.abs(S64-S32).max()/max(S64.max(),1e-30)
    d64=librosa.power_to_db(S64,ref=np.max)
    meta['signals'][n]={'len':int(y.size),'mel':list(S.shape),'sum':float(S64.sum()),'own_f32_vs_f64_rel':float(rel),'own_f32_vs_f64_db':float(np.abs(d64-db).max())}
    print(n,y.shape,S.shape,y.dtype,S.dtype,'f32-vs-f64: rel',rel,'dB',np.abs(d64-db).max())
# one clip as an image
y,_=librosa.load('stereo_44100.wav',sr=16000); y=np.tile(y,3)[:80000]
S=librosa.feature.melspectrogram(y=y,sr=16000,n_fft=512,hop_length=256,n_mels=128); db=librosa.power_to_db(S,ref=np.max)
H,W=217.44,334.8
r=((np.arange(217)+0.5+0.44)*128/H).astype(int).clip(0,127); c=((np.arange(334)+0.5)*313/W).astype(int).clip(0,312)
np.save('clip.db.npy',db.astype(np.float32)); np.save('clip_image_bands.npy',(127-r).astype('<f4')); np.save('clip_image_frames.npy',c.astype('<f4'))
json.dump(meta,open('meta.json','w'),indent=1)
