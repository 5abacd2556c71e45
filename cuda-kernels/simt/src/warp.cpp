#include "simt/warp.h"

#include <algorithm>

namespace simt {
namespace {

struct Shuffle {
  uint64_t bits;
  unsigned source;
  uint64_t result;
};

void complete_shuffle(Thread* const lanes[32], unsigned mask) {
  for (unsigned l = 0; l < 32; ++l) {
    if (lanes[l] == nullptr) continue;
    Shuffle& mine = *static_cast<Shuffle*>(lanes[l]->payload);
    if ((mask >> mine.source & 1) == 0) {
      fail(*lanes[l], std::string(lanes[l]->operation) + " takes the value of lane " + std::to_string(mine.source) +
                          ", which its mask does not name");
    }
    mine.result = static_cast<const Shuffle*>(lanes[mine.source]->payload)->bits;
  }
}

// The lane that the value comes from; out of its segment of width lanes, a lane keeps its own.
unsigned source_of(Move move, unsigned lane, int argument, int width) {
  const unsigned size = static_cast<unsigned>(width);
  const unsigned first = lane / size * size;
  const unsigned by = static_cast<unsigned>(argument);
  switch (move) {
    case Move::index:
      return first + by % size;
    case Move::up:
      return lane < first + by ? lane : lane - by;
    case Move::down:
      return lane + by >= first + size ? lane : lane + by;
    default:
      return (lane ^ by) >= first + size ? lane : lane ^ by;
  }
}

const char* name_of(Move move) {
  switch (move) {
    case Move::index:
      return "__shfl_sync";
    case Move::up:
      return "__shfl_up_sync";
    case Move::down:
      return "__shfl_down_sync";
    default:
      return "__shfl_xor_sync";
  }
}

struct Ballot {
  bool predicate;
  unsigned result;
};

void complete_vote(Thread* const lanes[32], unsigned /*mask*/) {
  unsigned ballot = 0;
  for (unsigned l = 0; l < 32; ++l) {
    if (lanes[l] != nullptr && static_cast<Ballot*>(lanes[l]->payload)->predicate) ballot |= 1u << l;
  }
  for (unsigned l = 0; l < 32; ++l) {
    if (lanes[l] != nullptr) static_cast<Ballot*>(lanes[l]->payload)->result = ballot;
  }
}

// After it, what one lane of the mask wrote may be read by the others.
void complete_sync(Thread* const lanes[32], unsigned /*mask*/) {
  unsigned latest = 0;
  for (unsigned l = 0; l < 32; ++l) latest = lanes[l] == nullptr ? latest : std::max(latest, lanes[l]->warp_syncs);
  for (unsigned l = 0; l < 32; ++l) {
    if (lanes[l] != nullptr) lanes[l]->warp_syncs = latest + 1;
  }
}

}  // namespace

uint64_t shuffle(unsigned mask, Move move, uint64_t bits, int argument, int width, Site site) {
  const Thread& thread = self();
  if (width < 1 || width > 32 || (width & (width - 1)) != 0) {
    fail(thread, std::string(name_of(move)) + ": width " + std::to_string(width) + " is not a power of two up to 32");
  }
  Shuffle payload = {bits, source_of(move, thread.lane(), argument, width), 0};
  meet(mask, name_of(move), complete_shuffle, &payload, site);
  return payload.result;
}

unsigned vote(unsigned mask, Vote vote, bool predicate, Site site) {
  Ballot payload = {predicate, 0};
  meet(mask, "a vote", complete_vote, &payload, site);
  if (vote == Vote::any) return payload.result != 0 ? 1 : 0;
  if (vote == Vote::all) return payload.result == mask ? 1 : 0;
  return payload.result;
}

void sync_warp(unsigned mask, Site site) { meet(mask, "__syncwarp", complete_sync, nullptr, site); }

}  // namespace simt
