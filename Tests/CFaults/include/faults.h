#pragma once

/// Says how many steps there were so far: calls that change something in the folder.
int serin_fault_steps(void);
