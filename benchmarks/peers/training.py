"""A training step in PyTorch with every care: ResNet-18 in channels_last, bfloat16 autocast, views made on the GPU.

Two views of each image (crop and resize, flip, jitter of brightness, contrast, saturation and hue, grey), forward,
NT-Xent, backward, SGD with momentum: the work of Gramian's StepWork.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from losses import TEMPERATURE

IMAGES = 1024
MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.short = None
        if stride != 1 or inputs != outputs:
            self.short = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + (x if self.short is None else self.short(x)))


class ResNet18(nn.Module):
    """He et al. 2016 with the stem for CIFAR: a 3 x 3 convolution, no pooling; features without a classifier."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        blocks, inputs = [], 64
        for outputs, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
            blocks += [Block(inputs, outputs, stride), Block(outputs, outputs, 1)]
            inputs = outputs
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.blocks(x).mean(dim=(2, 3))


def parameters():
    """Number of parameters, to compare with ours."""
    return sum(p.numel() for p in ResNet18().parameters())


def crop_and_flip(x):
    """Random areas of 8 to 100 %, ratios of 3/4 to 4/3, flipped half of the time; one bilinear sampling for all."""
    n = x.shape[0]
    area = torch.empty(n, device=x.device).uniform_(0.08, 1.0)
    ratio = torch.exp(torch.empty(n, device=x.device).uniform_(math.log(3 / 4), math.log(4 / 3)))
    width = torch.sqrt(area * ratio).clamp(max=1.0)
    height = torch.sqrt(area / ratio).clamp(max=1.0)
    left = (torch.rand(n, device=x.device) * 2 - 1) * (1 - width)
    top = (torch.rand(n, device=x.device) * 2 - 1) * (1 - height)
    flip = torch.where(torch.rand(n, device=x.device) < 0.5, -1.0, 1.0)
    zero = torch.zeros_like(width)
    theta = torch.stack(
        [torch.stack([width * flip, zero, left], dim=1), torch.stack([zero, height, top], dim=1)], dim=1
    )
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)


def luminance(x):
    weights = torch.tensor((0.299, 0.587, 0.114), device=x.device).view(1, 3, 1, 1)
    return (x * weights).sum(dim=1, keepdim=True)


def factors(n, strength, device):
    return torch.empty(n, 1, 1, 1, device=device).uniform_(1 - strength, 1 + strength)


def jitter(x):
    """Brightness, contrast, saturation by 0.4 and hue by 0.1 (a rotation of the chroma), for 80 % of the images."""
    n = x.shape[0]
    y = (x * factors(n, 0.4, x.device)).clamp(0, 1)
    mean = luminance(y).mean(dim=(2, 3), keepdim=True)
    y = (mean + (y - mean) * factors(n, 0.4, x.device)).clamp(0, 1)
    grey = luminance(y)
    y = (grey + (y - grey) * factors(n, 0.4, x.device)).clamp(0, 1)
    angle = torch.empty(n, 1, 1, device=x.device).uniform_(-0.1, 0.1) * (2 * math.pi)
    r, g, b = y.unbind(dim=1)
    luma = 0.299 * r + 0.587 * g + 0.114 * b
    i = 0.596 * r - 0.274 * g - 0.322 * b
    q = 0.211 * r - 0.523 * g + 0.312 * b
    cos, sin = torch.cos(angle), torch.sin(angle)
    i, q = cos * i - sin * q, sin * i + cos * q
    y = torch.stack(
        [luma + 0.956 * i + 0.621 * q, luma - 0.272 * i - 0.647 * q, luma - 1.106 * i + 1.703 * q], dim=1
    ).clamp(0, 1)
    chosen = torch.rand(n, 1, 1, 1, device=x.device) < 0.8
    return torch.where(chosen, y, x)


def view(pixels):
    """A random view of bytes (n, 3, s, s), normalised."""
    x = jitter(crop_and_flip(pixels.float() / 255))
    grey = torch.rand(x.shape[0], 1, 1, 1, device=x.device) < 0.2
    x = torch.where(grey, luminance(x).expand_as(x), x)
    mean = torch.tensor(MEAN, device=x.device).view(1, 3, 1, 1)
    std = torch.tensor(STD, device=x.device).view(1, 3, 1, 1)
    return (x - mean) / std


class Step:
    """A step of so many images in both views together; compiled are the views, and network with loss."""

    def __init__(self, images, size, device, compiled):
        torch.manual_seed(1)
        self.batch = images // 2
        self.device = device
        self.pixels = torch.randint(0, 256, (IMAGES, 3, size, size), dtype=torch.uint8, device=device)
        self.network = ResNet18().to(device=device, memory_format=torch.channels_last).train()
        settings = {"lr": 1e-3, "momentum": 0.9, "weight_decay": 1e-4}
        if device.type == "cuda":
            settings["fused"] = True
        self.sgd = torch.optim.SGD(self.network.parameters(), **settings)
        self.view = torch.compile(view) if compiled else view
        self.forward = torch.compile(self.loss) if compiled else self.loss
        self.step = 0

    def loss(self, x):
        features = self.network(x)
        u = F.normalize(features.float(), dim=1).to(features.dtype)
        n = u.shape[0] // 2
        logits = (u @ u.t()).float() / TEMPERATURE
        logits = logits.masked_fill(torch.eye(2 * n, dtype=torch.bool, device=u.device), float("-inf"))
        first = torch.arange(n, device=u.device)
        return F.cross_entropy(logits, torch.cat([first + n, first]))

    def __call__(self):
        start = self.step * self.batch % IMAGES
        self.step += 1
        pixels = self.pixels[start : start + self.batch]
        with torch.no_grad():
            x = torch.cat([self.view(pixels), self.view(pixels)]).contiguous(memory_format=torch.channels_last)
        self.sgd.zero_grad(set_to_none=True)
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            loss = self.forward(x)
        loss.backward()
        self.sgd.step()
