// Dependency descriptors: a structure (first byte of the input: its size) and then descriptors that use it. What was
// parsed can be written and is then parsed the same.
#include "../layers/dependency_descriptor.h"
#include "fuzz.h"

using namespace parley;

namespace {

void check(ByteSpan bytes, std::shared_ptr<const DependencyStructure>& structure) {
  DependencyFrame d;
  if (dependency_parse(bytes, structure, d) != DependencyParse::Ok) return;
  REQUIRE(d.structure && d.bits <= bytes.size() * 8);
  REQUIRE(d.structure->templates.size() <= kMaxTemplates && d.structure->targets.size() <= kMaxDecodeTargets);
  REQUIRE((d.indications.present & ~d.structure->all_targets()) == 0);
  REQUIRE((d.indications.switchable & d.indications.discardable) == 0);
  for (size_t i = 0; i < d.structure->targets.size(); i++) REQUIRE((d.structure->targets_within(i) >> i & 1u) == 1);
  const std::shared_ptr<const DependencyStructure> before = structure;
  if (d.has_structure) structure = d.structure;

  std::vector<uint8_t> out(2048);
  out.resize(dependency_write(out, d));
  DependencyFrame e;
  REQUIRE(!out.empty() && out.size() <= bytes.size() + 1 && dependency_parse(out, before, e) == DependencyParse::Ok);
  REQUIRE(e.indications == d.indications && e.frame_diffs == d.frame_diffs && e.chain_diffs == d.chain_diffs);
  REQUIRE(e.frame_number == d.frame_number && e.active == d.active && e.spatial == d.spatial);

  std::vector<uint8_t> changed(2048);
  changed.resize(dependency_rewrite(changed, bytes, d, 0x1234, 0));
  REQUIRE(!changed.empty() && changed.size() <= bytes.size() + 5);
  REQUIRE(dependency_parse(changed, before, e) == DependencyParse::Ok);
  REQUIRE(e.frame_number == 0x1234 && e.has_active && e.active == 0 && e.indications == d.indications);
  REQUIRE(e.frame_diffs == d.frame_diffs && e.chain_diffs == d.chain_diffs && e.has_structure == d.has_structure);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Reader reader(ByteSpan(data, size));
  std::shared_ptr<const DependencyStructure> structure;
  while (reader.remaining() > 0) {
    const size_t length = reader.u8();
    check(reader.bytes(length < reader.remaining() ? length : reader.remaining()), structure);
  }
  return 0;
}

std::vector<std::vector<uint8_t>> parley::fuzz::seeds() {
  const char* structure =
      "c0000580081485214eaaaaa8000600004000100002aa80a8000600004000100002a000a800060000400016d549241b5524906d54923157e0"
      "0197"
      "4ca864330e222396eca8655304224390eca87753013f00b3027f016704ff02cf";
  const char* active =
      "c10001c0081485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a80006000040001d954926e082b04a0941b820ac12"
      "8250"
      "3157f974000ca864330e222222eca8655304224230eca87753013f00b3027f016704ff02cf0380";
  std::vector<std::vector<uint8_t>> seeds;
  for (const char* first : {structure, active}) {
    for (const char* next : {"c30008", "c30008401c", "c000055ffd30101010", "c3000458fd000c0c00"}) {
      std::vector<uint8_t> input;
      for (const char* part : {first, next}) {
        const std::vector<uint8_t> bytes = hex(part);
        input.push_back(static_cast<uint8_t>(bytes.size()));
        input.insert(input.end(), bytes.begin(), bytes.end());
      }
      seeds.push_back(input);
    }
  }
  seeds.push_back(hex("18c001478002044eaaaf2860414d34538a0940404fc02cc0000585014812400583014b12a0"));
  return seeds;
}
