#!/usr/bin/env python3
"""Small networks in PyTorch, written as model files, with an input and its logits: what our own network is held against.

  pip install torch safetensors numpy
  make_networks.py            # writes network_*.safetensors and networks.json beside itself

The PyTorch side is written from the report with PyTorch's own layers (Conv1d, TransformerEncoderLayer, LSTM, Linear);
`arrays` is the map from its parameters to the names and layouts of the model file.
"""
import json, math, os
import numpy as np, torch, torch.nn as nn, torch.nn.functional as F
from safetensors.numpy import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
FRONT_END = dict(sample_rate_hz=16000, n_fft=512, hop=256, bands=16, top_db=80.0, clip_seconds=0.5, overlap=0.5, input='logmel')
BANDS, FRAMES, GENRES = 16, 32, ['ambient', 'blues', 'choro']
CHANNELS, DENSE = [6, 8, 12], [10, 6]


class Rglu(nn.Module):
    def __init__(s, i, o):
        super().__init__()
        s.a, s.g, s.residual = nn.Conv1d(i, o, 3, padding=1), nn.Conv1d(i, o, 3, padding=1), i == o

    def forward(s, x):
        y = s.a(x) * torch.sigmoid(s.g(x))
        return x + y if s.residual else y


class Network(nn.Module):
    def __init__(s, encoder):
        super().__init__()
        s.encoder, c, t = encoder, CHANNELS, FRAMES >> (len(CHANNELS) - 1)
        s.stem = nn.Conv1d(BANDS, c[0], 3, padding=1)
        s.rglus = nn.ModuleList([Rglu(c[b + (j > 0)], c[b + 1]) for b in range(len(c) - 1) for j in range(2)])
        width = c[-1]
        if encoder['kind'] == 'transformer':
            s.over_channels = encoder['tokens'] == 'channel'
            tokens, token = (c[-1], t) if s.over_channels else (t, c[-1])
            pos, div = torch.arange(tokens).float()[:, None], torch.exp(torch.arange(0, token, 2).float() * (-math.log(1e4) / token))
            s.positions = torch.zeros(tokens, token); s.positions[:, 0::2], s.positions[:, 1::2] = torch.sin(pos * div), torch.cos(pos * div)
            s.layers = nn.ModuleList([nn.TransformerEncoderLayer(token, encoder['heads'], encoder['feed_forward'], batch_first=True, norm_first=encoder['norm_first']) for _ in range(encoder['layers'])])
        else:
            s.lstm = nn.LSTM(c[-1], encoder['hidden'], batch_first=True, bidirectional=encoder['bidirectional'])
            width = encoder['hidden'] * (2 if encoder['bidirectional'] else 1)
        widths = [2 * width] + DENSE
        s.dense = nn.ModuleList([nn.Linear(i, o) for i, o in zip(widths, widths[1:])])
        s.scores = nn.Linear(widths[-1], len(GENRES))

    def forward(s, x):
        x = s.stem(x)
        for i, layer in enumerate(s.rglus):
            x = layer(x)
            if i % 2: x = F.max_pool1d(x, 2, 2)
        if s.encoder['kind'] == 'transformer':
            x = x if s.over_channels else x.transpose(1, 2)
            x = x + s.positions
            for layer in s.layers: x = layer(x)
            x = x.transpose(1, 2) if s.over_channels else x
        else:
            x = s.lstm(x.transpose(1, 2))[0]
        x = torch.cat([x.mean(1), x.amax(1)], 1)
        for layer in s.dense: x = F.relu(layer(x))
        return s.scores(x)


def taps(*convs):
    """Conv1d weights [out, in, 3] side by side as [3 in, out...]: row tap * in + channel."""
    return torch.cat([c.weight.permute(2, 1, 0).reshape(-1, c.weight.shape[0]) for c in convs], 1)


def arrays(net):
    """PyTorch's parameters under the names and in the layouts of the model file. Linear weights are [in, out]."""
    out = {'stem.weight': taps(net.stem), 'stem.bias': net.stem.bias}
    for i, r in enumerate(net.rglus):
        name = f'blocks.{i // 2}.{["first", "second"][i % 2]}'
        out[f'{name}.weight'], out[f'{name}.bias'] = taps(r.a, r.g), torch.cat([r.a.bias, r.g.bias])

    def linear(name, weight, bias): out[f'{name}.weight'], out[f'{name}.bias'] = weight.T, bias
    if net.encoder['kind'] == 'transformer':
        for i, l in enumerate(net.layers):
            name = f'encoder.layers.{i}'
            linear(f'{name}.attention.project', l.self_attn.in_proj_weight, l.self_attn.in_proj_bias)
            linear(f'{name}.attention.output', l.self_attn.out_proj.weight, l.self_attn.out_proj.bias)
            linear(f'{name}.inner', l.linear1.weight, l.linear1.bias); linear(f'{name}.outer', l.linear2.weight, l.linear2.bias)
            for ours, norm in (('attention_norm', l.norm1), ('feed_forward_norm', l.norm2)):
                out[f'{name}.{ours}.gamma'], out[f'{name}.{ours}.beta'] = norm.weight, norm.bias
    else:
        for ours, suffix in (('forward', ''), ('backward', '_reverse')):
            if suffix and not net.encoder['bidirectional']: continue
            w = {k: getattr(net.lstm, f'{k}_l0{suffix}') for k in ('weight_ih', 'weight_hh', 'bias_ih', 'bias_hh')}
            out[f'encoder.{ours}.input'], out[f'encoder.{ours}.recurrent'] = w['weight_ih'].T, w['weight_hh'].T
            out[f'encoder.{ours}.bias'] = w['bias_ih'] + w['bias_hh']
    for i, l in enumerate(net.dense): linear(f'dense.{i}', l.weight, l.bias)
    linear('scores', net.scores.weight, net.scores.bias)
    return {k: v.detach().contiguous().numpy() for k, v in out.items()}


CASES = {
    'rgluformer': dict(kind='transformer', heads=4, feed_forward=20, layers=1, dropout=0.1, tokens='time', norm_first=False),
    'norm_first': dict(kind='transformer', heads=3, feed_forward=20, layers=2, dropout=0.1, tokens='time', norm_first=True),
    'channel_tokens': dict(kind='transformer', heads=4, feed_forward=20, layers=1, dropout=0.1, tokens='channel', norm_first=False),
    'rglu_lstm': dict(kind='lstm', hidden=9, bidirectional=False),
    'both_directions': dict(kind='lstm', hidden=5, bidirectional=True),
}
golden = {}
for number, (name, encoder) in enumerate(CASES.items()):
    torch.manual_seed(100 + number)
    net = Network(encoder).eval()
    for p in net.parameters(): p.data *= 1.7  # gates and attention away from their flat beginnings
    x = torch.rand(3, BANDS, FRAMES)
    mean, deviation = torch.rand(BANDS) * .5, .2 + torch.rand(BANDS)
    with torch.no_grad(): logits = net((x - mean[:, None]) / deviation[:, None])
    card = dict(format=1, program='make_networks.py', network=dict(channels=CHANNELS, encoder=encoder, dense=DENSE, dense_dropout=0.2), front_end=FRONT_END,
                front_end_version=1, genres=GENRES, training=dict(data=dict(tracks={}, fingerprint='', split=''), settings=None, epochs=0, figures=None))
    values = dict(arrays(net), **{'input.mean': mean.numpy(), 'input.deviation': deviation.numpy()})
    save_file(values, os.path.join(HERE, f'network_{name}.safetensors'), metadata=dict(genrefold=json.dumps(card)))
    golden[name] = dict(pictures=[p.flatten().tolist() for p in x], logits=logits.tolist())
json.dump(dict(torch=torch.__version__, cases=golden), open(os.path.join(HERE, 'networks.json'), 'w'))
