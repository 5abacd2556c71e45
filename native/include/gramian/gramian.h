// The C ABI of Gramian: everything that Java, or any other caller, sees. One header per room; this one gathers them.
#ifndef GRAMIAN_GRAMIAN_H
#define GRAMIAN_GRAMIAN_H

#include "gramian/linear_algebra.h"
#include "gramian/network.h"
#include "gramian/bfloat16.h"
#include "gramian/image.h"
#include "gramian/covariance.h"
#include "gramian/decorrelation.h"
#include "gramian/normalize.h"
#include "gramian/optim.h"
#include "gramian/nt_xent.h"
#include "gramian/contrastive.h"
#include "gramian/predictive.h"
#include "gramian/probe.h"
#include "gramian/solver.h"
#include "gramian/spectra.h"
#include "gramian/stream.h"
#include "gramian/system.h"
#include "gramian/blas.h"
#include "gramian/transformer.h"
#include "gramian/whitening.h"
#include "gramian/dlpack.h"

#endif
