// Optimiser updates of many tensors in one call: SGD, Adam, AdamW, LARS, LAMB; moving averages; whether gradients are
// numbers, and their common norm.
//
// Tensor t has sizes[t] elements; parameters[t], gradients[t] and the states are its arrays. Learning rate and weight
// decay are given per tensor, so that biases and normalisation layers can have their own. Gradients are not changed.
// Sizes, addresses and settings are arrays of the host on every device.
#ifndef GRAMIAN_OPTIM_H
#define GRAMIAN_OPTIM_H

#include "gramian/system.h"

GRAMIAN_EXTERN_C_BEGIN

// LARS as in the authors' Barlow Twins, VICReg and MoCo v3: the norm of the gradient after weight decay.
#define GRAMIAN_LARS_DECAYED_NORM 0
// LARS as in Bolts, solo-learn and lightly: the norm of the raw gradient, plus weight decay times the parameter's norm.
#define GRAMIAN_LARS_RAW_NORM 1
// LARS as in google-research/simclr ("classic momentum"): the norm after weight decay, the rate inside the momentum.
#define GRAMIAN_LARS_CLASSIC 2

/** g += decay p; m = momentum m + g; p -= rate (nesterov ? g + momentum m : m). */
GRAMIAN_EXPORT gramian_status gramian_sgd_step(gramian_context* context, int64_t tensors, const int64_t* sizes,
    const gramian_output* parameters, const gramian_input* gradients, const gramian_output* momenta,
    const double* rates, const double* decays, double momentum, int32_t nesterov);
/** Adam at step >= 1. decoupled 0: g += decay p (L2); 1: p *= 1 - rate decay (AdamW). */
GRAMIAN_EXPORT gramian_status gramian_adam_step(gramian_context* context, int64_t tensors, const int64_t* sizes,
    const gramian_output* parameters, const gramian_input* gradients, const gramian_output* means,
    const gramian_output* squares, const double* rates, const double* decays, double beta1, double beta2, double eps,
    int64_t step, int32_t decoupled);
/**
 * LARS; tensors with adapted[t] = 0 take the plain SGD step with momentum. clip: trust ratio at most the rate. The
 * classic form: m = momentum m + rate q g; p -= m.
 */
GRAMIAN_EXPORT gramian_status gramian_lars_step(gramian_context* context, int64_t tensors, const int64_t* sizes,
    const gramian_output* parameters, const gramian_input* gradients, const gramian_output* momenta,
    const double* rates, const double* decays, const int32_t* adapted, double momentum, double eta, double eps,
    int32_t form, int32_t clip);
/** LAMB at step >= 1; tensors with adapted[t] = 0 have trust ratio 1. */
GRAMIAN_EXPORT gramian_status gramian_lamb_step(gramian_context* context, int64_t tensors, const int64_t* sizes,
    const gramian_output* parameters, const gramian_input* gradients, const gramian_output* means,
    const gramian_output* squares, const double* rates, const double* decays, const int32_t* adapted, double beta1,
    double beta2, double eps, int64_t step);
/**
 * targets[t] = momentum targets[t] + (1 - momentum) online[t], momentum in [0, 1]: the networks that follow another in
 * MoCo and BYOL. Equal values stay equal, momentum 0 copies bit by bit, momentum 1 touches nothing.
 */
GRAMIAN_EXPORT gramian_status gramian_moving_average(gramian_context* context, int64_t tensors, const int64_t* sizes,
    const gramian_output* targets, const gramian_input* online, double momentum);
/** first (1, memory of the device) = the least t whose values[t] have a NaN or an infinity; -1 if all are finite. */
GRAMIAN_EXPORT gramian_status gramian_first_not_finite(gramian_context* context, int64_t tensors,
    const int64_t* sizes, const gramian_input* values, int64_t* first);

/**
 * norm (1, memory of the device) = the root of the sum of squares of all gradients, in float64; where it is above most
 * and finite, every gradient is scaled by most / norm. most >= 0; infinity: the norm alone.
 */
GRAMIAN_EXPORT gramian_status gramian_clip_gradients(gramian_context* context, int64_t tensors, const int64_t* sizes,
    const gramian_output* gradients, double most, double* norm);

GRAMIAN_EXTERN_C_END

#endif
