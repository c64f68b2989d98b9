// The doors through which XLA comes in: every array is checked by name before a kernel sees it.
// All kinds of cells share one signature; what a kind or a call does not have is an array of shape [0].
#include <cstdint>
#include <new>
#include <string>
#include <vector>

#include "machine.h"
#include "team.h"
#include "xla/ffi/api/ffi.h"

namespace {

namespace ffi = xla::ffi;
using jaxrnn::Backward;
using jaxrnn::Forward;
using jaxrnn::Kernels;
using jaxrnn::Sequence;
using jaxrnn::Team;
using Array = ffi::AnyBuffer;

struct Kind {
  const char* name;
  long gates, kept;  // gates of the weights, arrays [B, H] of gates kept for a step
  bool has_c, has_b_hn;
};
constexpr Kind kLSTM{"lstm", 4, 4, true, false};
constexpr Kind kGRU{"gru", 3, 4, false, true};
constexpr Kind kElman{"elman", 1, 0, false, false};

// multiply-adds below which a second thread costs more than it brings
constexpr double kAlone = 2e6;

// forward a row of the batch has one thread; the products of the way back can use any number
constexpr long kManyThreads = 1 << 10;

std::string written(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

// Collects the first complaint, so that a door reads as a list of what it expects.
class Checks {
 public:
  explicit Checks(const char* door) : door_(door) {}

  template <class T>
  T* take(const char* name, Array a, ffi::DataType dtype, std::vector<int64_t> shape) {
    const auto got = a.dimensions();
    const std::vector<int64_t> came(got.begin(), got.end());
    if (a.element_type() != dtype) {
      const char* wanted = dtype == ffi::DataType::F32 ? "should be float32 " : "should be bool ";
      complain(name, wanted + written(shape), came);
    } else if (came != shape) {
      complain(name, "should have shape " + written(shape), came);
    }
    return static_cast<T*>(a.untyped_data());
  }
  float* floats(const char* name, Array a, std::vector<int64_t> shape) {
    return take<float>(name, a, ffi::DataType::F32, std::move(shape));
  }
  // the same, or null for shape [0]
  float* maybe(const char* name, Array a, std::vector<int64_t> shape) {
    return absent(a) ? nullptr : floats(name, a, std::move(shape));
  }
  bool* flags(const char* name, Array a, std::vector<int64_t> shape) {
    return absent(a) ? nullptr : take<bool>(name, a, ffi::DataType::PRED, std::move(shape));
  }
  void rank(const char* name, Array a, size_t rank) {
    const auto got = a.dimensions();
    if (got.size() != rank)
      complain(name, "should have " + std::to_string(rank) + " axes", {got.begin(), got.end()});
  }
  void complain(const char* name, const std::string& expected, const std::vector<int64_t>& came) {
    if (message_.empty())
      message_ = std::string("jaxrnn.native.") + door_ + ": " + name + " " + expected +
                 ", got shape " + written(came);
  }
  bool fine() const { return message_.empty(); }
  ffi::Error error() const { return ffi::Error::InvalidArgument(message_); }

  static bool absent(Array a) {
    return a.dimensions().size() == 1 && a.dimensions()[0] == 0;
  }

 private:
  const char* door_;
  std::string message_;
};

// w_x, w_h, b, b_hn, h0, c0, xs, valid, starts, anew.h, anew.c: with these every call begins
constexpr size_t kInputs = 11;

Sequence sequence_of(const Kind& kind, const std::vector<Array>& in, bool reverse, Checks& check) {
  Sequence s = {};
  const Array w_x = in[0], w_h = in[1], b = in[2], b_hn = in[3], h0 = in[4], c0 = in[5],
              xs = in[6], valid = in[7], starts = in[8], anew_h = in[9], anew_c = in[10];
  check.rank("xs", xs, 3);
  check.rank("h0", h0, 2);
  if (!check.fine()) return s;
  s.steps = xs.dimensions()[0];
  s.batch = xs.dimensions()[1];
  s.inputs = xs.dimensions()[2];
  s.hidden = h0.dimensions()[1];
  s.reverse = reverse;
  const int64_t T = s.steps, B = s.batch, D = s.inputs, H = s.hidden, wide = kind.gates * H;
  if (H < 1) check.complain("h0", "should have at least one unit", {B, H});
  s.xs = check.floats("xs", xs, {T, B, D});
  s.h0 = check.floats("h0", h0, {B, H});
  s.w_x = check.floats("w_x", w_x, {D, wide});
  s.w_h = check.floats("w_h", w_h, {H, wide});
  s.b = check.maybe("b", b, {wide});
  s.b_hn = kind.has_b_hn ? check.maybe("b_hn", b_hn, {H}) : nullptr;
  s.c0 = kind.has_c ? check.floats("c0", c0, {B, H}) : nullptr;
  s.valid = check.flags("valid", valid, {T, B});
  s.starts = check.flags("starts", starts, {T, B});
  if (s.starts) {
    s.anew_h = check.floats("anew.h", anew_h, {B, H});
    s.anew_c = kind.has_c ? check.floats("anew.c", anew_c, {B, H}) : nullptr;
  }
  return s;
}

long threads_for(const Kind& kind, const Sequence& s, long most, const ffi::ThreadPool& pool) {
  const double work = 1.0 * s.steps * s.batch * (s.inputs + s.hidden) * kind.gates * s.hidden;
  if (work < kAlone) return 1;
  const long cores = jaxrnn::usable_cores(), lent = pool.num_threads();
  if (cores > 0 && cores < most) most = cores;
  return lent < most ? lent : most;
}

template <class Run>
ffi::Error on_team(const Kind& kind, const Sequence& s, long most, ffi::ThreadPool& pool,
                   const Run& run) {
  try {
    Team team(threads_for(kind, s, most, pool),
              [&pool](std::function<void()> help) { pool.Schedule(std::move(help)); });
    run(team);
  } catch (const std::bad_alloc&) {
    return ffi::Error(ffi::ErrorCode::kResourceExhausted,
                      std::string("jaxrnn.native.") + kind.name + ": out of memory");
  }
  return ffi::Error::Success();
}

// The arrays of a call, or none of them if their number is wrong.
std::vector<Array> arrays(ffi::RemainingArgs args, ffi::RemainingRets results, size_t count) {
  std::vector<Array> all;
  if (args.size() + results.size() != count) return all;
  for (size_t i = 0; i < args.size(); ++i) all.push_back(args.get<Array>(i).value());
  for (size_t i = 0; i < results.size(); ++i) all.push_back(*results.get<Array>(i).value());
  return all;
}

template <const Kind& kind, auto kernel>
ffi::Error run_forward(ffi::ThreadPool pool, ffi::RemainingArgs args, ffi::RemainingRets results,
                       bool reverse) {
  const std::vector<Array> all = arrays(args, results, kInputs + 5);
  Checks check(kind.name);
  if (all.empty()) return ffi::Error::InvalidArgument("jaxrnn.native: 11 arrays in, 5 out");
  const Sequence s = sequence_of(kind, all, reverse, check);
  const Array* to = all.data() + kInputs;
  Forward out = {};
  const int64_t T = s.steps, B = s.batch, H = s.hidden;
  if (!check.fine()) return check.error();
  out.h = check.floats("h", to[0], {B, H});
  out.c = kind.has_c ? check.floats("c", to[1], {B, H}) : nullptr;
  out.ys = check.floats("ys", to[2], {T, B, H});
  out.gates = kind.kept ? check.maybe("gates", to[3], {T, B, kind.kept * H}) : nullptr;
  out.cells = kind.has_c && out.gates ? check.floats("cells", to[4], {T, B, H}) : nullptr;
  if (!check.fine()) return check.error();
  return on_team(kind, s, B, pool, [&](Team& team) {
    (jaxrnn::machine().kernels->*kernel)(s, out, team);
  });
}

template <const Kind& kind, auto kernel>
ffi::Error run_backward(ffi::ThreadPool pool, ffi::RemainingArgs args, ffi::RemainingRets results,
                        bool reverse) {
  const std::vector<Array> all = arrays(args, results, kInputs + 6 + 9);
  Checks check(kind.name);
  if (all.empty()) return ffi::Error::InvalidArgument("jaxrnn.native: 17 arrays in, 9 out");
  const Sequence s = sequence_of(kind, all, reverse, check);
  const Array *from = all.data() + kInputs, *to = from + 6;
  Backward out = {};
  const int64_t T = s.steps, B = s.batch, D = s.inputs, H = s.hidden, wide = kind.gates * H;
  if (!check.fine()) return check.error();
  out.ys = check.floats("ys", from[0], {T, B, H});
  out.gates = kind.kept ? check.floats("gates", from[1], {T, B, kind.kept * H}) : nullptr;
  out.d_h = check.floats("the cotangent of h", from[3], {B, H});
  out.d_ys = check.floats("the cotangent of ys", from[5], {T, B, H});
  out.w_x = check.floats("the gradient of w_x", to[0], {D, wide});
  out.w_h = check.floats("the gradient of w_h", to[1], {H, wide});
  out.b = s.b ? check.floats("the gradient of b", to[2], {wide}) : nullptr;
  out.b_hn = s.b_hn ? check.floats("the gradient of b_hn", to[3], {H}) : nullptr;
  out.h0 = check.floats("the gradient of h0", to[4], {B, H});
  out.anew_h = s.starts ? check.floats("the gradient of anew.h", to[6], {B, H}) : nullptr;
  out.xs = check.maybe("the gradient of xs", to[8], {T, B, D});
  if (kind.has_c) {
    out.cells = check.floats("cells", from[2], {T, B, H});
    out.d_c = check.floats("the cotangent of c", from[4], {B, H});
    out.c0 = check.floats("the gradient of c0", to[5], {B, H});
    out.anew_c = s.starts ? check.floats("the gradient of anew.c", to[7], {B, H}) : nullptr;
  }
  if (!check.fine()) return check.error();
  return on_team(kind, s, kManyThreads, pool, [&](Team& team) {
    (jaxrnn::machine().kernels->*kernel)(s, out, team);
  });
}

auto door() {
  return ffi::Ffi::Bind()
      .Ctx<ffi::ThreadPool>()
      .RemainingArgs()
      .RemainingRets()
      .Attr<bool>("reverse");
}

}  // namespace

#define JAXRNN_DOORS(name, kind)                                                              \
  XLA_FFI_DEFINE_HANDLER_SYMBOL(jaxrnn_##name, (run_forward<kind, &Kernels::name>), door()); \
  XLA_FFI_DEFINE_HANDLER_SYMBOL(jaxrnn_##name##_back,                                         \
                                (run_backward<kind, &Kernels::name##_back>), door())

// The interface this was compiled for. A JAX that is older than it must not even be shown the doors:
// it would refuse to start at all.
extern "C" int jaxrnn_interface_major() { return XLA_FFI_API_MAJOR; }
extern "C" int jaxrnn_interface_minor() { return XLA_FFI_API_MINOR; }

JAXRNN_DOORS(lstm, kLSTM);
JAXRNN_DOORS(gru, kGRU);
JAXRNN_DOORS(elman, kElman);
