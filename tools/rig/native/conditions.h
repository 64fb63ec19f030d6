// Conditions as text: `delayUs=20000 lossRatio=0.05 …`, the words of `Conditions`. What is not named is as on a perfect wire.
#pragma once

#include <cmath>
#include <cstdlib>
#include <sstream>
#include <string>

#include "link.h"

namespace parley::rig {

/// Empty = read; else what is wrong with it.
[[nodiscard]] inline std::string readConditions(std::istringstream& words, Conditions& conditions) {
  Conditions read;
  std::string word;
  while (words >> word) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos) return "no value in " + word;
    const std::string name = word.substr(0, equals);
    const std::string text = word.substr(equals + 1);
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0' || !std::isfinite(value) || value < 0 || value > 1e12) return "bad value in " + word;
    if (name == "delayUs") read.delayUs = static_cast<Micros>(value);
    else if (name == "jitterUs") read.jitterUs = static_cast<Micros>(value);
    else if (name == "lossRatio") read.lossRatio = value;
    else if (name == "lossBurstPackets") read.lossBurstPackets = value;
    else if (name == "rateBps") read.rateBps = value;
    else if (name == "queueUs") read.queueUs = static_cast<Micros>(value);
    else if (name == "reorderRatio") read.reorderRatio = value;
    else if (name == "reorderByUs") read.reorderByUs = static_cast<Micros>(value);
    else if (name == "duplicateRatio") read.duplicateRatio = value;
    else if (name == "isDown") read.isDown = value != 0;
    else if (name == "appliesToAll") read.appliesToAll = value != 0;
    else return "no condition " + name;
  }
  conditions = read;
  return {};
}

}  // namespace parley::rig
