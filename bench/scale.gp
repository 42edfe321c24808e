# The plots of bench/scale: gnuplot -e "data='FILE'; out='DIR'" bench/scale.gp
set terminal svg size 640,380 font "sans-serif,12" background "white"
set logscale x
set xlabel "devices"
set format x "10^{%L}"
set grid y lc "#e0e0e0"
set key outside bottom center horizontal
set style data linespoints
set pointsize 0.7
set yrange [0:*]
set offsets graph 0, 0, graph 0.1, 0

set output out."/import.svg"
set title "Import of serial numbers by CSV"
set ylabel "rows/s"
set format y "%.0f"
plot data using 1:11 title "sorted" lw 2 pt 7, data using 1:12 title "in no order" lw 2 pt 5, 200000 title "demanded, sorted" dt 2 lw 2 lc "#c04000"

set output out."/start.svg"
set title "From exec to the ready line"
set ylabel "ms"
plot data using 1:2 title "after a clean end" lw 2 pt 7, data using 1:3 title "after a kill under load" lw 2 pt 5, 250 title "demanded" dt 2 lw 2 lc "#c04000"

set output out."/activations.svg"
set title "Durable activations, 64 connections"
set ylabel "1/s"
stats data using 4 every ::0::0 nooutput
plot data using 1:4 title "activations" lw 2 pt 7, 0.6 * STATS_max title "demanded of the largest" dt 2 lw 2 lc "#c04000"

set output out."/latency.svg"
set title "Latency of durable activations, 64 connections"
set ylabel "ms"
plot data using 1:5 title "p50" lw 2 pt 7, data using 1:6 title "p99" lw 2 pt 5, data using 1:7 title "p99.9" lw 2 pt 9, 30 title "demanded, p99.9" dt 2 lw 2 lc "#c04000"

set output out."/reads.svg"
set title "Authenticated reads, 64 connections, beside nginx"
set ylabel "part of nginx's rate"
set format y "%.1f"
plot data using 1:9 title "reads" lw 2 pt 7, 0.65 title "demanded" dt 2 lw 2 lc "#c04000"

set output out."/memory.svg"
set title "Largest VmRSS, 1,000 connections"
set ylabel "MiB"
set format y "%.0f"
plot data using 1:10 title "memory" lw 2 pt 7, 128 title "demanded at 10^6" dt 2 lw 2 lc "#c04000"
