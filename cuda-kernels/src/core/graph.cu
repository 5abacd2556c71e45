// Calls that are recorded once and repeated: CUDA graphs.
//
// A graph owns the scratch memory of its calls. The capture is of the relaxed kind: allocations on other streams, which
// wait for nothing that is recorded, may go on beside it, in this thread and in others.
#include <memory>

#include "core/context.h"
#include "core/waits.h"
#include "gramian/stream.h"

struct gramian_graph {
  cudaGraphExec_t graph = nullptr;
  std::vector<gramian_context::Block> scratch;
};

namespace {

void release(gramian_context* context, const std::vector<gramian_context::Block>& blocks) {
  for (const gramian_context::Block& block : blocks) {
    context->memory().release(block.address, block.bytes, context->stream);
  }
}

}  // namespace

gramian_status gramian_capture_begin(gramian_context* context) {
  return gramian::guarded([&] {
    if (context->capturing()) GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "this stream is captured already");
    gramian::check(cudaStreamBeginCapture(context->stream, cudaStreamCaptureModeRelaxed), "a capture");
    context->begin_capture();
  });
}

gramian_status gramian_capture_end(gramian_context* context, int64_t* graph) {
  return gramian::guarded([&] {
    *graph = 0;
    if (!context->capturing()) GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "this stream is not captured");
    cudaGraph_t recorded = nullptr;
    const cudaError_t ended = cudaStreamEndCapture(context->stream, &recorded);
    auto created = std::make_unique<gramian_graph>();
    created->scratch = context->end_capture();
    cudaError_t error = ended;
    if (ended == cudaSuccess) {
      error = cudaGraphInstantiate(&created->graph, recorded, 0);
      cudaGraphDestroy(recorded);
    }
    if (error != cudaSuccess) {
      release(context, created->scratch);
      gramian::check(error, "what was called");
    }
    *graph = reinterpret_cast<int64_t>(created.release());
  });
}

gramian_status gramian_graph_launch(gramian_context* context, gramian_graph* graph) {
  return gramian::guarded([&] {
    if (context->capturing()) GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "a graph cannot be part of a capture");
    const cudaStream_t stream = context->stream;
    gramian::check(cudaGraphLaunch(graph->graph, stream), "a graph");
    if (gramian::waits_after_each_launch()) gramian::check(cudaStreamSynchronize(stream), "a graph");
  });
}

gramian_status gramian_graph_destroy(gramian_context* context, gramian_graph* graph) {
  return gramian::guarded([&] {
    const std::unique_ptr<gramian_graph> owned(graph);
    ++gramian::waits();
    const cudaError_t idle = cudaStreamSynchronize(context->stream);
    cudaGraphExecDestroy(owned->graph);
    release(context, owned->scratch);
    gramian::check(idle, "a graph");
  });
}
